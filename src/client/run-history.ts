import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

/** One execution under a workflow id. */
export interface Run {
  workflowId: string;
  runId: string;
}

type Event = temporal.api.history.v1.IHistoryEvent;

/** The events of one run as the server has them, still encrypted; throws what the SDK throws. */
export async function* eventsOf(client: Client, execution: Run): AsyncGenerator<Event, void, undefined> {
  const { namespace } = client.options;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = { namespace, execution, nextPageToken };
    const { history, nextPageToken: next } = await client.workflowService.getWorkflowExecutionHistory(page);
    yield* history?.events ?? [];
    nextPageToken = next?.length ? next : undefined;
  } while (nextPageToken !== undefined);
}
