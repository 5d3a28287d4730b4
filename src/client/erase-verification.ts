import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { NamespaceNotFoundError, WorkflowNotFoundError, type Payload } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { temporal } from '@temporalio/proto';
import { SIDES, WORKFLOW_TYPE } from '../contract';
import { DocumentRefusedError } from '../documents/errors';
import type { DocumentStore } from '../documents/store';
import { UnreadablePayloadError } from '../privacy/codec';
import { keyIdsIn } from '../privacy/key-ids';
import { isObject } from '../validation/shape';
import { ErasurePendingError, VerificationNotFoundError } from './errors';
import { eventsOf, type Run } from './run-history';
import { GRPC, grpcCode, isClosed, type TemporalCalls } from './temporal-calls';

/** What remains of an erased verification; it holds nothing personal, so it may be kept. */
export interface ErasureRecord {
  verificationId: string;
  /** The ids of the erased runs. */
  runs: string[];
  /** Objects that were still in the document store. */
  documentsDeleted: number;
  /** The keys that its payloads were encrypted with: destroying them makes what backups hold unreadable, too. */
  keyIds: string[];
  /** ISO time. */
  erasedAt: string;
}

/** A server on several machines takes a moment to forget. */
const GONE_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 500;

/**
 * Ends a verification if it runs, deletes its documents and then all its runs, and waits until the server neither finds
 * nor lists it any more. Throws `VerificationNotFoundError` when there is none, and before anything is ended or deleted
 * `PayloadUnreadableError` when a key is missing, since the history is what names the documents.
 */
export async function eraseVerification(
  client: Client,
  calls: TemporalCalls,
  verificationId: string,
  store: () => DocumentStore,
): Promise<ErasureRecord> {
  for (const run of await calls.askServer(() => runsOf(client, verificationId))) {
    await calls.askServer(() => orNull(readTraces(client, run)));
  }
  const erased = new Map<string, Traces>();
  const patience = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    const runs = await calls.askServer(() => runsOf(client, verificationId));
    if (runs.length === 0) break;
    if (Date.now() > patience) throw new ErasurePendingError(verificationId);
    for (const run of runs.filter(({ runId }) => !erased.has(runId))) {
      const traces = await calls.askServer(() => eraseRun(client, run, store));
      if (traces !== null) erased.set(run.runId, traces);
    }
    await sleep(LOOK_EVERY_MS);
  }
  if (erased.size === 0) throw new VerificationNotFoundError(verificationId);
  const traces = [...erased.values()];
  return {
    verificationId,
    runs: [...erased.keys()],
    documentsDeleted: traces.reduce((sum, { documentsDeleted }) => sum + documentsDeleted, 0),
    keyIds: [...new Set(traces.flatMap(({ keyIds }) => [...keyIds]))].sort(),
    erasedAt: new Date().toISOString(),
  };
}

interface Traces {
  documentsDeleted: number;
  keyIds: ReadonlySet<string>;
}

/** What the server lists, and what it finds: lists lag behind both the start and the deletion of a run. */
async function runsOf(client: Client, workflowId: string): Promise<Run[]> {
  const runIds = new Set<string>();
  const isOurs = (found: Pick<WorkflowExecutionInfo, 'workflowId' | 'type'>): boolean =>
    found.workflowId === workflowId && found.type === WORKFLOW_TYPE;
  for await (const found of client.workflow.list({ query: queryFor(workflowId) }))
    if (isOurs(found)) runIds.add(found.runId);
  const newest = await orNull(client.workflow.getHandle(workflowId).describe());
  if (newest !== null && isOurs(newest)) runIds.add(newest.runId);
  return [...runIds].map((runId) => ({ workflowId, runId }));
}

/** Finds that id, and others with some: a server's query knows no way to write a double quote or a backslash. */
function queryFor(workflowId: string): string {
  const [begin = ''] = /^[^"\\]*/.exec(workflowId) ?? [];
  const text = `'${begin.replaceAll("'", "''")}'`;
  const byId = begin === workflowId ? `WorkflowId = ${text}` : begin && `WorkflowId STARTS_WITH ${text}`;
  return [`WorkflowType = '${WORKFLOW_TYPE}'`, byId].filter(Boolean).join(' AND ');
}

/** Gives null for a run that is listed still and gone already. */
async function eraseRun(client: Client, run: Run, store: () => DocumentStore): Promise<Traces | null> {
  const handle = client.workflow.getHandle(run.workflowId, run.runId);
  const description = await orNull(handle.describe());
  if (description === null) return null;
  if (!isClosed(description)) await orNull(handle.terminate('Erased'));
  const { uris, keyIds } = await readTraces(client, run);
  let documentsDeleted = 0;
  for (const uri of uris) if (store().contains(uri) && (await remove(store(), uri))) documentsDeleted += 1;
  const { namespace } = client.options;
  await orNull(client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: run }));
  return { documentsDeleted, keyIds };
}

/** A caller may have named what is no document; that may not keep the rest from being erased. */
async function remove(store: DocumentStore, uri: string): Promise<boolean> {
  return store.delete(uri).catch((error: unknown) => {
    if (error instanceof DocumentRefusedError) return false;
    throw error;
  });
}

async function readTraces(client: Client, run: Run): Promise<{ uris: Set<string>; keyIds: Set<string> }> {
  const uris = new Set<string>();
  const keyIds = new Set<string>();
  for await (const event of eventsOf(client, run)) {
    for (const keyId of keyIdsIn(event)) keyIds.add(keyId);
    for (const value of await saidByCaller(client, run, event)) urisIn(value).forEach((uri) => uris.add(uri));
  }
  return { uris, keyIds };
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
  return sides.flatMap(({ uri }) => (typeof uri === 'string' ? uri : []));
}

async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    const isMissing = error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound;
    if (isMissing && !(error instanceof NamespaceNotFoundError)) return null;
    throw error;
  }
}
