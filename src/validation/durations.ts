const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LONGEST = 90 * UNITS.d;

/** Milliseconds of a duration text such as `90s`, `24h` or `7d`; null unless it is one from 1 s to 90 d. */
export function parseDuration(text: unknown): number | null {
  const match = typeof text === 'string' ? /^([0-9]{1,9})([smhd])$/.exec(text) : null;
  if (match === null) return null;
  const milliseconds = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return milliseconds >= UNITS.s && milliseconds <= LONGEST ? milliseconds : null;
}
