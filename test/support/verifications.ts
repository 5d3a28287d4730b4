import { randomUUID } from 'node:crypto';
import { KycClient } from '../../src/client';
import { FolderStore } from '../../src/documents/folder-store';
import { DocumentAccess } from '../../src/documents/sources';
import type { DocumentStore } from '../../src/documents/store';
import { KycWorkers } from '../../src/kyc-workers';
import { NotusClient } from '../../src/notus/client';
import { FormUploader } from '../../src/notus/upload';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { temporaryFolder } from './temporary-folder';
import type { TestTemporal } from './temporal';

/** Everything a verification needs, on a task queue of its own; a worker only while `withWorker` runs. */
export interface Verifications {
  kyc: KycClient;
  sandbox: Sandbox;
  store: DocumentStore;
  storeFolder: string;
  taskQueue: string;
  /** What the `kyc` command needs to reach all this. */
  env: Record<string, string>;
  /** The worker runs that bundle of the workflow; default: the workflow as it is. */
  withWorker: <T>(body: () => Promise<T>, workflowBundle?: { codePath: string }) => Promise<T>;
}

/** Gives the test a sandbox, a store and a client; closes the sandbox in the end. */
export async function withVerifications<T>(
  temporal: TestTemporal,
  body: (verifications: Verifications) => Promise<T>,
): Promise<T> {
  const sandbox = await startSandbox();
  const storeFolder = temporaryFolder();
  const store = new FolderStore(storeFolder);
  const taskQueue = `kyc-${randomUUID()}`;
  const kyc = KycClient.of({ client: temporal.client, taskQueue, store });
  const env = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    KYC_TASK_QUEUE: taskQueue,
    KYC_DOCUMENT_STORE: `file://${storeFolder}`,
    NOTUS_API_URL: sandbox.apiUrl,
    NOTUS_API_KEY: sandbox.apiKey,
  };
  const withWorker = <R>(work: () => Promise<R>, workflowBundle = temporal.workflowBundle): Promise<R> =>
    runWorker({ ...temporal, workflowBundle }, { sandbox, store, taskQueue }, work);
  try {
    return await body({ kyc, sandbox, store, storeFolder, taskQueue, env, withWorker });
  } finally {
    await sandbox.close();
  }
}

async function runWorker<T>(
  temporal: TestTemporal,
  { sandbox, store, taskQueue }: Pick<Verifications, 'sandbox' | 'store' | 'taskQueue'>,
  work: () => Promise<T>,
): Promise<T> {
  const notus = new NotusClient({ baseUrl: sandbox.apiUrl, apiKey: sandbox.apiKey, timeoutMs: 5_000 });
  const workers = await KycWorkers.create({
    connection: temporal.nativeConnection,
    namespace: temporal.namespace,
    taskQueue,
    workflowBundle: temporal.workflowBundle,
    notus,
    documents: new DocumentAccess(store, []),
    uploader: new FormUploader({ timeoutMs: 5_000, allowedHosts: [new URL(sandbox.url).host] }),
    maxRequestsPerSecond: undefined,
    callTimeoutMs: 1_000,
  });
  const running = workers.run();
  try {
    return await work();
  } finally {
    workers.shutdown();
    await running;
    notus.close();
  }
}

/** A verification id that no other test uses. */
export const newId = (): string => `verification-${randomUUID()}`;
