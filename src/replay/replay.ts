import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError, type HistoryAndWorkflowId } from '@temporalio/common';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { workerDataConverter } from '../data-converter';
import type { Run } from './sample';

/** How the replay of one verification went; `reason` is null if the workflow code still makes what its history holds. */
export interface Replayed {
  workflowId: string;
  runId: string;
  reason: string | null;
}

/**
 * Replays the histories of these runs against the bundled workflow code, one after the other, and gives a result each;
 * runs that are deleted meanwhile are left out.
 */
export async function* replay(client: Client, codePath: string, runs: readonly Run[]): AsyncGenerator<Replayed> {
  const options = { workflowBundle: { codePath }, dataConverter: workerDataConverter, replayName: 'replay-live' };
  for await (const { workflowId, runId, error } of Worker.runReplayHistories(options, historiesOf(client, runs))) {
    yield { workflowId, runId, reason: error === undefined ? null : reasonOf(error) };
  }
}

async function* historiesOf(client: Client, runs: readonly Run[]): AsyncGenerator<HistoryAndWorkflowId> {
  for (const { workflowId, runId } of runs) {
    try {
      yield { workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}

/** Only what the SDK says of commands is known to be free of personal data. */
function reasonOf(error: Error): string {
  if (!(error instanceof DeterminismViolationError)) return `the workflow code fails with ${error.name}`;
  const [line = ''] = error.message.split('\n');
  return line.slice(0, 500);
}
