import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerPendingError, TemporalUnavailableError, WorkerUnavailableError } from '../src/client';
import { temporalUnavailable } from '../src/client/temporal-calls';

const AGAIN_AFTER_MS = 300;

/** Does it again for as long as Temporal, or the workers behind it, are away; other errors are thrown. */
export async function persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
    }
    await sleep(AGAIN_AFTER_MS, undefined, { signal });
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof TemporalUnavailableError ||
    error instanceof WorkerUnavailableError ||
    error instanceof AnswerPendingError ||
    temporalUnavailable(error) !== null
  );
}
