/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await call;
  } catch (error) {
    return error;
  }
  throw new Error(`The call succeeded with ${JSON.stringify(result)}.`);
}

/** The same, of the class given. */
export async function failureOf<T extends Error>(kind: new (...of: never[]) => T, call: Promise<unknown>): Promise<T> {
  const error = await failure(call);
  if (!(error instanceof kind)) throw new Error(`The call failed otherwise: ${String(error)}`);
  return error;
}
