const MOST_LINES = 20;
const LONGEST_LINE = 400;

/** A plain JSON object, as opposed to null, an array, bytes or a scalar. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** The first lines, each of a bounded length: what a caller sends may be of any size, what is said of it may not. */
export function bounded(lines: readonly string[]): string[] {
  const first = lines.slice(0, MOST_LINES).map((line) => line.slice(0, LONGEST_LINE));
  return lines.length > MOST_LINES ? [...first, `and ${lines.length - MOST_LINES} more`] : first;
}

/** One line for each key that is not allowed, naming the ones that are. */
export function unknownKeys(value: Record<string, unknown>, path: string, allowed: readonly string[]): string[] {
  const prefix = path === '' ? '' : `${path}.`;
  return Object.keys(value)
    .filter((key) => !allowed.includes(key))
    .map((key) => `${prefix}${key.slice(0, 60)}: unknown field; allowed here: ${allowed.join(', ')}`);
}
