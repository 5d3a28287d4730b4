import type { Client } from '@temporalio/client';
import type { VerificationStatus } from '../contract';
import { Patience } from './patience';
import type { TemporalCalls } from './temporal-calls';

/**
 * Gives the status now and each time it has changed, until it is `closed`. It follows the history, which tells of every
 * step of the workflow at once, so that nothing is asked while nothing happens.
 */
export async function* watchStatus(
  client: Client,
  calls: TemporalCalls,
  verificationId: string,
  ask: () => Promise<VerificationStatus>,
  signal: AbortSignal | undefined,
): AsyncGenerator<VerificationStatus, void, undefined> {
  const patience = new Patience(signal);
  const history = new HistoryTail(client, verificationId, signal);
  let status = await ask();
  yield status;
  while (status.stage !== 'closed') {
    try {
      await history.nextStep();
      const now = await ask();
      patience.restore();
      const isNew = JSON.stringify(now) !== JSON.stringify(status);
      status = now;
      if (!isNew) continue;
    } catch (error) {
      await patience.endure(calls.translate(error));
      continue;
    }
    yield status;
  }
}

/** Waits for the steps of the newest run, from its beginning. */
class HistoryTail {
  private nextPageToken: Uint8Array | undefined;

  constructor(
    private readonly client: Client,
    private readonly workflowId: string,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Resolves when the workflow has taken a step, or its run is over. */
  async nextStep(): Promise<void> {
    for (;;) {
      const { history, nextPageToken } = await this.nextPage();
      this.nextPageToken = nextPageToken?.length ? nextPageToken : undefined;
      const isStep = history?.events?.some((event) => event.workflowTaskCompletedEventAttributes) ?? false;
      if (isStep || this.nextPageToken === undefined) return;
    }
  }

  private nextPage(): ReturnType<Client['workflowService']['getWorkflowExecutionHistory']> {
    // The SDK does not see an abort that came before the call.
    this.signal?.throwIfAborted();
    const { namespace } = this.client.options;
    const execution = { workflowId: this.workflowId };
    const page = { namespace, execution, waitNewEvent: true, skipArchival: true, nextPageToken: this.nextPageToken };
    const read = (): ReturnType<HistoryTail['nextPage']> =>
      this.client.workflowService.getWorkflowExecutionHistory(page);
    return this.signal === undefined ? read() : this.client.withAbortSignal(this.signal, read);
  }
}
