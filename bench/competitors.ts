import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DOCUMENTS_SUBMITTED } from '../src/contract';
import type { Child } from '../src/demo/child';
import { DBOS_FOLDER, type Ground } from './ground';
import { photosOf, putPhotos, request } from './people';

/** One way to do verifications, ready to do them. */
export interface Competitor {
  name: string;
  worker: Child;
  /** Puts the documents of so many verifications in place; not measured. */
  prepare: (count: number) => Promise<void>;
  /** Does one from its start to its outcome at the caller. */
  verify: (index: number) => Promise<void>;
  /** What goes on beside a whole round. */
  around?: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Ours {
  env?: Record<string, string>;
  /** As in `KYC_ENCRYPTION_KEYS`; empty for plain payloads. */
  keys?: string;
  /** One of its own where several of its workers run. */
  taskQueue?: string;
  /** A module of this folder that its worker loads first. */
  preload?: string;
}

/** This project with all that it does: encryption, search attributes, metrics, inspection, deletion, logs. */
export async function ours(ground: Ground, { env, keys, taskQueue = 'kyc', preload }: Ours = {}): Promise<Competitor> {
  const worker = await ground.startWorker({
    brisk: true,
    preload,
    env: { ...env, KYC_TASK_QUEUE: taskQueue, ...(keys === undefined ? {} : { KYC_ENCRYPTION_KEYS: keys }) },
  });
  const kyc = ground.kycOn(taskQueue, keys);
  const photos = photosOf();
  let documents: Awaited<ReturnType<typeof ground.store>>[] = [];
  return {
    name: 'this project',
    worker,
    prepare: async (count) => {
      documents = [];
      while (documents.length < count) documents.push(await ground.store(photos, keys));
    },
    verify: async (index) => {
      const verification = await kyc.start(`kyc-${randomUUID()}`, { request });
      const { verificationId } = verification;
      await kyc.temporal.workflow.getHandle(verificationId).signal(DOCUMENTS_SUBMITTED, documents[index]);
      const { outcome } = await verification.outcome();
      if (outcome !== 'approved') throw new Error(`Verification ${verificationId} ended ${outcome}.`);
    },
  };
}

/** What the history of one verification comes to, as the server counts it. */
export async function historySize(ground: Ground, { keys, taskQueue = 'kyc' }: Ours): Promise<HistorySize> {
  const kyc = ground.kycOn(taskQueue, keys);
  const verification = await kyc.start(`kyc-${randomUUID()}`, { request });
  const workflow = kyc.temporal.workflow.getHandle(verification.verificationId);
  await workflow.signal(DOCUMENTS_SUBMITTED, await ground.store(photosOf(), keys));
  await verification.outcome();
  const { historyLength, historySize: bytes = NaN } = await workflow.describe();
  return { events: historyLength, bytes };
}

export interface HistorySize {
  events: number;
  bytes: number;
}

/** A rival on Temporal, by the name of its workflow. */
export async function rival(
  ground: Ground,
  name: string,
  workflow: 'bare' | 'loopInside' | 'sleepLoop',
): Promise<Competitor> {
  const worker = await ground.startRival(workflow);
  const photos = putPhotos(ground.sourceFolder);
  return {
    name,
    worker,
    prepare: () => Promise.resolve(),
    verify: async () => {
      const workflowId = `${workflow}-${randomUUID()}`;
      const options = { taskQueue: workflow, workflowId, args: [request] };
      const handle = await ground.client.workflow.start(workflow, options);
      await handle.signal(DOCUMENTS_SUBMITTED, photos);
      const status: unknown = await handle.result();
      if (status !== 'COMPLETED') throw new Error(`Workflow ${workflowId} ended ${String(status)}.`);
    },
  };
}

/** Such as `DBOS Transact 5.3.0`. */
export function dbosVersion(): string {
  const { dependencies } = JSON.parse(readFileSync(path.join(DBOS_FOLDER, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return `DBOS Transact ${dependencies['@dbos-inc/dbos-sdk']}`;
}

/** The rival on DBOS; its app starts the workflow, sends it the documents and waits, all in its own process. */
export async function dbos(ground: Ground, postgresUrl: string): Promise<Competitor> {
  const { worker, url } = await ground.startDbos(postgresUrl);
  const documents = putPhotos(ground.sourceFolder);
  return {
    name: 'DBOS',
    worker,
    prepare: () => Promise.resolve(),
    verify: async () => {
      const id = `dbos-${randomUUID()}`;
      const answer = await fetch(url, {
        method: 'POST',
        body: JSON.stringify({ id, person: request, documents, wait: true }),
      });
      const status = await answer.text();
      if (status !== 'COMPLETED') throw new Error(`Workflow ${id} ended ${status}.`);
    },
  };
}
