import { setTimeout as sleep } from 'node:timers/promises';
import { TemporalUnavailableError, WorkerUnavailableError } from './errors';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
const LONGEST_OUTAGE_MS = 10 * 60_000;

/** Lets a long wait outlive restarts of the server and the workers, but no outage of more than ten minutes. */
export class Patience {
  private troubleSince: number | null = null;
  private waitMs = FIRST_WAIT_MS;

  constructor(private readonly signal: AbortSignal | undefined) {}

  /** Ends the outage. */
  restore(): void {
    this.troubleSince = null;
    this.waitMs = FIRST_WAIT_MS;
  }

  /** Waits before the next try; throws what is no outage or has lasted too long, and the reason of an abort. */
  async endure(error: unknown): Promise<void> {
    this.signal?.throwIfAborted();
    if (!(error instanceof TemporalUnavailableError || error instanceof WorkerUnavailableError)) throw error;
    this.troubleSince ??= Date.now();
    if (Date.now() - this.troubleSince > LONGEST_OUTAGE_MS) throw error;
    await sleep(this.waitMs, undefined, { signal: this.signal }).catch(() => this.signal?.throwIfAborted());
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
  }
}
