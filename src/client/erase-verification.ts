import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/common';
import { WORKFLOW_TYPE } from '../contract';
import { DocumentRefusedError } from '../documents/errors';
import type { DocumentStore } from '../documents/store';
import { ownerOf } from '../documents/stored-name';
import { demandStore } from './demand-store';
import { ErasurePendingError, VerificationNotFoundError } from './errors';
import type { Run } from './run-history';
import { readTraces, type RunTraces } from './run-traces';
import { GRPC, grpcCode, isClosed, type TemporalCalls } from './temporal-calls';

/** What remains of an erased verification; it holds nothing personal, so it may be kept. */
export interface ErasureRecord {
  verificationId: string;
  /** The ids of the erased runs. */
  runs: string[];
  /** Objects that were still in the document store. */
  documentsDeleted: number;
  /** Documents that the verification named outside of the store; they are their owner's to delete. */
  documentsElsewhere: number;
  /** The keys that its payloads were encrypted with: destroying them makes what backups hold unreadable, too. */
  keyIds: string[];
  /** ISO time. */
  erasedAt: string;
}

/** A server on several machines takes a moment to forget. */
const GONE_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 500;
/** Documents that are deleted at once. */
const AT_ONCE = 8;

/**
 * Ends a verification if it runs, deletes its documents and then all its runs, and waits until the server neither finds
 * nor lists it any more. Throws `VerificationNotFoundError` when there is none, and before anything is ended or deleted
 * `PayloadUnreadableError` when a key is missing, since the history is what names the documents, and a `TypeError` when
 * there is no store and it names some, or runs and may. After a `DocumentStoreUnavailableError` it can be called again.
 */
export async function eraseVerification(
  client: Client,
  calls: TemporalCalls,
  verificationId: string,
  store: DocumentStore | undefined,
): Promise<ErasureRecord> {
  for (const run of await calls.askServer(() => runsOf(client, verificationId))) {
    const traces = await orNull(readTraces(client, calls, run));
    // While it runs, the server may hold back what a caller has just named.
    const mayName = (traces?.uris.size ?? 0) > 0 || (await calls.askServer(() => describe(client, run))) === 'open';
    if (mayName) demandStore(store);
  }
  const erased = new Map<string, RunTraces>();
  const elsewhere = new Set<string>();
  let documentsDeleted = 0;
  const patience = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    const runs = await calls.askServer(() => runsOf(client, verificationId));
    if (runs.length === 0) break;
    if (Date.now() > patience) throw new ErasurePendingError(verificationId);
    for (const run of runs.filter(({ runId }) => !erased.has(runId))) {
      const traces = await endRun(client, calls, run);
      if (traces === null) continue;
      const { uris } = traces;
      if (uris.size > 0) documentsDeleted += await removeNamed(demandStore(store), uris);
      if (store !== undefined) documentsDeleted += await removeUnnamed(store, verificationId);
      for (const uri of uris) if (!store?.contains(uri)) elsewhere.add(uri);
      await calls.askServer(() => forget(client, run));
      erased.set(run.runId, traces);
    }
    await sleep(LOOK_EVERY_MS);
  }
  if (erased.size === 0) throw new VerificationNotFoundError(verificationId);
  return {
    verificationId,
    runs: [...erased.keys()],
    documentsDeleted,
    documentsElsewhere: elsewhere.size,
    keyIds: [...new Set([...erased.values()].flatMap(({ keyIds }) => [...keyIds]))].sort(),
    erasedAt: new Date().toISOString(),
  };
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

/** Gives what it then holds, or null for a run that is listed still and gone already. */
async function endRun(client: Client, calls: TemporalCalls, run: Run): Promise<RunTraces | null> {
  const was = await calls.askServer(() => describe(client, run));
  if (was === null) return null;
  if (was === 'open')
    await calls.askServer(() => orNull(client.workflow.getHandle(run.workflowId, run.runId).terminate('Erased')));
  return readTraces(client, calls, run);
}

async function describe(client: Client, run: Run): Promise<'open' | 'closed' | null> {
  const description = await orNull(client.workflow.getHandle(run.workflowId, run.runId).describe());
  if (description === null) return null;
  return isClosed(description) ? 'closed' : 'open';
}

async function forget({ workflowService, options: { namespace } }: Client, run: Run): Promise<void> {
  await orNull(workflowService.deleteWorkflowExecution({ namespace, workflowExecution: run }));
}

/** A few at a time, in as long as they take: the bound of a call to Temporal is not theirs. */
async function removeNamed(store: DocumentStore, uris: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  const rest = [...uris].filter((uri) => store.contains(uri)).values();
  const removeOn = async (): Promise<void> => {
    for (const uri of rest) if (await remove(store, uri)) removed += 1;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, removeOn));
  return removed;
}

/** A caller may have named what is no document; that may not keep the rest from being erased. */
async function remove(store: DocumentStore, uri: string): Promise<boolean> {
  return store.delete(uri).catch((error: unknown) => {
    if (error instanceof DocumentRefusedError) return false;
    throw error;
  });
}

/** What was stored for it and never submitted. */
async function removeUnnamed(store: DocumentStore, verificationId: string): Promise<number> {
  const owner = ownerOf(verificationId);
  let removed = 0;
  for await (const entry of store.entries()) if (entry.owner === owner && (await entry.remove())) removed += 1;
  return removed;
}

async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof VerificationNotFoundError) return null;
    const isMissing = error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound;
    if (isMissing && !(error instanceof NamespaceNotFoundError)) return null;
    throw error;
  }
}
