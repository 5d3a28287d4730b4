/** Deadlines are read by this machine's clock, and are kept to within 5 s. */
const TOLERATED_MS = 5_000;

/**
 * Gives how far another clock is from this machine's, or throws what to mend.
 * @param leadMs how far the other one is ahead; below 0 it is behind
 */
export function clockVerdict(leadMs: number, whose: string): string {
  const seconds = Math.round(Math.abs(leadMs) / 1_000);
  if (Math.abs(leadMs) <= TOLERATED_MS) return seconds === 0 ? 'the same as here' : `${seconds} s from the one here`;
  const where = leadMs > 0 ? 'behind' : 'ahead of';
  throw new Error(`This machine's clock is ${seconds} s ${where} ${whose}: set both by NTP.`);
}
