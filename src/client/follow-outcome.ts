import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { VerificationOutcome } from '../contract';
import { VerificationCancelledError, VerificationFailedError, VerificationTerminatedError } from './errors';
import { Patience } from './patience';
import type { TemporalCalls } from './temporal-calls';

/**
 * Waits for the outcome over restarts of the server and resets of the workflow: a run that was terminated because a
 * newer one goes on in its place is no end.
 */
export async function followOutcome(
  client: Client,
  calls: TemporalCalls,
  verificationId: string,
  signal: AbortSignal | undefined,
): Promise<VerificationOutcome> {
  const patience = new Patience(signal);
  for (;;) {
    try {
      const { runId } = await calls.describe();
      patience.restore();
      const ending = await endOfRun(client, verificationId, runId, signal);
      if ('outcome' in ending) return ending.outcome;
      if ((await calls.describe()).runId === runId) throw failureOf(verificationId, ending.failure);
    } catch (error) {
      await patience.endure(calls.translate(error));
    }
  }
}

type Ending = { outcome: VerificationOutcome } | { failure: Error | undefined };

async function endOfRun(
  client: Client,
  verificationId: string,
  runId: string,
  signal: AbortSignal | undefined,
): Promise<Ending> {
  const wait = (): Promise<VerificationOutcome> =>
    client.workflow.result<VerificationOutcomeWorkflow>(verificationId, runId);
  // The SDK does not see an abort that came before the call.
  signal?.throwIfAborted();
  try {
    return { outcome: await (signal === undefined ? wait() : client.withAbortSignal(signal, wait)) };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { failure: error.cause };
    throw error;
  }
}

type VerificationOutcomeWorkflow = () => Promise<VerificationOutcome>;

function failureOf(verificationId: string, failure: Error | undefined): Error {
  if (failure instanceof CancelledFailure) return new VerificationCancelledError(verificationId);
  if (!(failure instanceof ApplicationFailure)) return new VerificationTerminatedError(verificationId);
  return new VerificationFailedError(verificationId, failure.type ?? 'Error', failure.message);
}
