const SECOND_MS = 1_000;

/** Lets so many calls a second through, after a pause a second's worth at once. */
export class RequestRate {
  private left: number;
  private since: number | null = null;

  constructor(private readonly perSecond: number) {
    this.left = perSecond;
  }

  /** Whether a call at that time, in milliseconds, may pass; one that may not takes nothing. */
  admits(now: number): boolean {
    const passed = Math.max(0, now - (this.since ?? now)) / SECOND_MS;
    this.left = Math.min(this.perSecond, this.left + passed * this.perSecond);
    this.since = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
