/** Labels and values in two columns; rows without a value are left out. */
export function rows(values: readonly (readonly [string, string | null])[]): string {
  const shown = values.filter((row): row is readonly [string, string] => row[1] !== null);
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n');
}

/** A table with a heading; every column is as wide as its longest cell. */
export function table(heading: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [heading, ...lines];
  const widths = heading.map((_, column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A time as people here read it, such as `2026-11-23 21:31:07 GMT+1`; null stays null. */
export function localTime(iso: string): string;
export function localTime(iso: string | null): string | null;
export function localTime(iso: string | null): string | null {
  return iso && new Date(iso).toLocaleString('sv-SE', { timeZoneName: 'short' });
}

export function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
