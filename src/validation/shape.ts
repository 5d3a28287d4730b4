/** A plain JSON object, as opposed to null, an array or a scalar. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One line for each key that is not allowed, naming the ones that are. */
export function unknownKeys(value: Record<string, unknown>, path: string, allowed: readonly string[]): string[] {
  const prefix = path === '' ? '' : `${path}.`;
  return Object.keys(value)
    .filter((key) => !allowed.includes(key))
    .map((key) => `${prefix}${key.slice(0, 60)}: unknown field; allowed here: ${allowed.join(', ')}`);
}
