import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection } from '@temporalio/worker';
import type { DocumentStore } from './documents/store';
import type { ClockReading } from './notus/client';
import { missingSearchAttributes, SETUP } from './search-attributes';
import type { Check } from './telemetry/health';

export interface ReadinessOptions {
  connection: NativeConnection;
  namespace: string;
  store: Pick<DocumentStore, 'check'>;
  /** Throws unless the workers poll. */
  assertPolling: () => void;
  clock: () => ClockReading | null;
}

/** Below what a check may take, so that a server that does not answer is one that won't tell. */
const SEARCH_ATTRIBUTES_MS = 3_000;
/** A check of the store writes and deletes: whoever asks sooner gets what the last one said. */
const STORE_CHECK_AGE_MS = 10_000;
/** Beyond this, deadlines and the expiry of forms are no longer what they seem. */
const TOLERATED_SKEW_MS = 30_000;
/** What an older answer told of the clock may have been mended since. */
const READING_AGE_MS = 10 * 60_000;

/** What must hold for a worker to do its work; each check throws the sentence that says what does not. */
export function readinessChecks(options: ReadinessOptions): Record<string, Check> {
  const { connection, namespace, store, assertPolling, clock } = options;
  return {
    workers: assertPolling,
    temporal: async () => {
      await connection.workflowService.getSystemInfo({}).catch(() => {
        throw new Error('Temporal does not answer: check the server and TEMPORAL_ADDRESS');
      });
    },
    searchAttributes: async () => {
      // A server that won't tell may still have them, and one that is down is no matter of theirs.
      const told = missingSearchAttributes(connection, namespace).catch(() => []);
      // The SDK tries again beyond any deadline, so nothing else bounds it.
      const missing = await Promise.race([told, sleep(SEARCH_ATTRIBUTES_MS, [], { ref: false })]);
      if (missing.length > 0) throw new Error(`missing ${missing.join(', ')}: run ${SETUP}`);
    },
    documentStore: keptFor(STORE_CHECK_AGE_MS, () => store.check()),
    clock: () => assertClock(clock()),
  };
}

function keptFor(ageMs: number, check: () => Promise<void>): () => Promise<void> {
  let last: { at: number; result: Promise<void> } | undefined;
  return () => {
    if (last === undefined || Date.now() - last.at > ageMs) last = { at: Date.now(), result: check() };
    return last.result;
  };
}

function assertClock(reading: ClockReading | null): void {
  if (reading === null || Date.now() - reading.at > READING_AGE_MS) return;
  if (Math.abs(reading.leadMs) <= TOLERATED_SKEW_MS) return;
  const seconds = Math.round(Math.abs(reading.leadMs) / 1_000);
  throw new Error(
    `this machine's clock is ${seconds} s ${reading.leadMs > 0 ? 'behind' : 'ahead of'} that of Notus: set it by NTP`,
  );
}
