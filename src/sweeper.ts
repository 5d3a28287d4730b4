import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection } from '@temporalio/worker';
import { WORKFLOW_TYPE } from './contract';
import { DocumentStoreUnavailableError } from './documents/errors';
import type { DocumentStore } from './documents/store';
import { sweep, type Swept } from './documents/sweep';
import { LIMITS } from './limits';
import type { Logger } from './telemetry/logger';

export interface SweeperOptions {
  store: Pick<DocumentStore, 'entries'>;
  connection: Pick<NativeConnection, 'workflowService' | 'withAbortSignal'>;
  /** The one namespace whose verifications keep their documents in the store. */
  namespace: string;
  logger: Pick<Logger, 'info' | 'warn'>;
  /** Told after each sweep how many documents the store holds, and NaN while that is not known. */
  tellHeld: (documents: number) => void;
  /** In milliseconds. Default `LIMITS`. */
  every?: number;
  age?: number;
  settled?: number;
}

const PAGE = 1_000;

/** Sweeps the document store again and again while a worker runs, one sweep at a time. */
export class Sweeper {
  private readonly stopping = new AbortController();

  constructor(private readonly options: SweeperOptions) {}

  start(): void {
    this.options.tellHeld(NaN);
    void this.run();
  }

  stop(): void {
    this.stopping.abort();
  }

  /** One sweep, at once. Throws what the store or the Temporal server throws, and the reason when it is stopped or late. */
  async sweep(): Promise<Swept> {
    const { store, connection, namespace, age = LIMITS.sweepAge, settled = LIMITS.sweepSettled } = this.options;
    const now = Date.now();
    // Not `AbortSignal.timeout`: one that nobody but `any` holds is forgotten with the garbage (Node 20).
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new SweepLateError()), LIMITS.sweepTime);
    const signal = AbortSignal.any([this.stopping.signal, late.signal]);
    const neededIds = (): AsyncGenerator<string> => neededVerifications(connection, namespace, now - settled, signal);
    try {
      return await sweep({ store, neededIds, before: now - age, signal });
    } finally {
      clearTimeout(timer);
    }
  }

  private async run(): Promise<void> {
    const { logger, tellHeld, every = LIMITS.sweepEvery } = this.options;
    const { signal } = this.stopping;
    // The first one soon, but not those of all workers at once.
    let wait = every * LIMITS.sweepJitter * Math.random();
    while (await passed(wait, signal)) {
      try {
        const { removed, kept, held } = await this.sweep();
        tellHeld(held);
        if (removed > 0)
          logger.info({ removed, kept }, 'removed documents that a crash had left in the document store');
      } catch (error) {
        if (signal.aborted) return;
        tellHeld(NaN);
        logger.warn({ reason: reasonOf(error) }, 'the document store could not be swept; it is tried again later');
      }
      wait = every * (1 + LIMITS.sweepJitter * Math.random());
    }
  }
}

async function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return await sleep(ms, true, { signal, ref: false }).catch(() => false);
}

class SweepLateError extends Error {
  override readonly message =
    'The sweep took too long: look at how many documents the store holds, and how quick it is.';
}

function reasonOf(error: unknown): string {
  if (error instanceof DocumentStoreUnavailableError || error instanceof SweepLateError) return error.message;
  return 'The Temporal server does not list the verifications: check that it answers, and what its key may read.';
}

/**
 * The ids of all verifications that are open, as the server's list has them, or were a moment ago: one that is reset
 * leaves the open ones before its new run is listed, or while the pages are read.
 */
async function* neededVerifications(
  connection: SweeperOptions['connection'],
  namespace: string,
  closedAfter: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const open = `CloseTime IS NULL OR CloseTime > "${new Date(closedAfter).toISOString()}"`;
  const query = `WorkflowType = "${WORKFLOW_TYPE}" AND (${open})`;
  let nextPageToken: Uint8Array | undefined;
  do {
    const wanted = { namespace, query, pageSize: PAGE, nextPageToken };
    const page = await connection.withAbortSignal(signal, () =>
      connection.workflowService.listWorkflowExecutions(wanted),
    );
    for (const { execution } of page.executions) if (execution?.workflowId) yield execution.workflowId;
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
}
