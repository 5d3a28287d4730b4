import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { temporal } from '@temporalio/proto';
import { SIDES } from '../contract';
import { UnreadablePayloadError } from '../privacy/codec';
import { keyIdsIn } from '../privacy/key-ids';
import { isObject } from '../validation/shape';
import { eventsOf, type Run } from './run-history';
import type { TemporalCalls } from './temporal-calls';

/** What has to be known of a run before it is erased. */
export interface RunTraces {
  /** The documents that callers named. */
  uris: Set<string>;
  /** The keys that its payloads were encrypted with. */
  keyIds: Set<string>;
}

/** Reads a whole history, each page a call of its own. Throws `PayloadUnreadableError` when a key is missing. */
export async function readTraces(client: Client, calls: TemporalCalls, run: Run): Promise<RunTraces> {
  const traces: RunTraces = { uris: new Set(), keyIds: new Set() };
  const events = eventsOf(client, run);
  for (;;) {
    const { done, value: event } = await calls.askServer(() => events.next());
    if (done) return traces;
    for (const keyId of keyIdsIn(event)) traces.keyIds.add(keyId);
    for (const value of await calls.askServer(() => saidByCaller(client, run, event)))
      for (const uri of urisIn(value)) traces.uris.add(uri);
  }
}

/** All documents of a verification are named by what callers sent. */
async function saidByCaller(
  client: Client,
  { workflowId }: Run,
  event: temporal.api.history.v1.IHistoryEvent,
): Promise<unknown[]> {
  const { namespace, loadedDataConverter } = client.options;
  const said =
    event.workflowExecutionStartedEventAttributes?.input ??
    event.workflowExecutionSignaledEventAttributes?.input ??
    event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.args ??
    event.workflowExecutionUpdateAdmittedEventAttributes?.request?.input?.args;
  const context = { type: 'workflow', namespace, workflowId } as const;
  const read = async (payload: Payload): Promise<unknown[]> =>
    decodeArrayFromPayloads(loadedDataConverter, [payload], context).catch((error: unknown) => {
      // Nonsense names no document; a missing key may hide one.
      if (error instanceof UnreadablePayloadError && error.missingKeyId !== null) throw error;
      return [];
    });
  return (await Promise.all((said?.payloads ?? []).map(read))).flat();
}

/** In an input, or in a submission itself. */
function urisIn(value: unknown): string[] {
  if (!isObject(value)) return [];
  const documents = isObject(value.documents) ? value.documents : value;
  const sides = SIDES.map((side) => documents[side]).filter(isObject);
  return sides.flatMap(({ uri }) => (typeof uri === 'string' && URL.canParse(uri) ? uri : []));
}
