/**
 * Ends one call by time or by the caller's signal, and remembers which of them it was.
 * A plain timer, because the HTTP library's own time-out stops watching once the answer's headers are there.
 */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private reason: 'ETIMEDOUT' | 'ABORTED' | null = null;

  /** @param caller the caller's own signal */
  constructor(
    timeoutMs: number,
    private readonly caller?: AbortSignal,
  ) {
    this.timer = setTimeout(this.expire, timeoutMs);
    if (caller?.aborted) this.cancel();
    caller?.addEventListener('abort', this.cancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Which end it came to; null while it has not ended the call. */
  get code(): 'ETIMEDOUT' | 'ABORTED' | null {
    return this.reason;
  }

  /** Ends the call as out of time. */
  readonly expire = (): void => this.end('ETIMEDOUT');

  /** To be called when the call is over, however it went. */
  release(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.cancel);
  }

  private readonly cancel = (): void => this.end('ABORTED');

  private end(reason: 'ETIMEDOUT' | 'ABORTED'): void {
    this.reason ??= reason;
    this.controller.abort();
  }
}
