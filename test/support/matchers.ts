/** An ISO time in UTC, such as every status and outcome is full of. */
export const ISO_TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

/** A text with that in it. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}
