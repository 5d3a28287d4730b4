import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { KycClient } from '../src/client';
import { clientDataConverter } from '../src/data-converter';
import { Child } from '../src/demo/child';
import { freePort } from '../src/demo/ports';
import { FolderStore } from '../src/documents/folder-store';
import { DevServer } from '../test/support/dev-server';
import { KeptProcess } from './kept-process';
import { WORKERS } from './plan';

/** The compiled checkout: this file runs from `lib/checks/chaos`. */
const LIB = path.resolve(__dirname, '..', '..');
const API_KEY = 'sandbox-key';
const NOTUS_TIMEOUT_MS = '5000';
const STOP_GRACE_MS = 2_000;

/** All that a run needs, each part a process of its own: a Temporal server on a file, the sandbox on a file, workers. */
export class Ground {
  readonly store: FolderStore;
  readonly kyc: KycClient;

  private constructor(
    readonly folder: string,
    readonly server: DevServer,
    readonly sandbox: KeptProcess,
    readonly workers: readonly KeptProcess[],
    private readonly sandboxUrl: string,
    private readonly connection: Connection,
  ) {
    this.store = new FolderStore(storeFolder(folder));
    const client = new Client({ connection, dataConverter: clientDataConverter });
    this.kyc = KycClient.of({ client, store: this.store });
  }

  static async open(folder: string): Promise<Ground> {
    mkdirSync(storeFolder(folder));
    const server = await DevServer.start(temporalCli(), folder);
    const address = `127.0.0.1:${await freePort()}`;
    const sandbox = new KeptProcess(path.join(LIB, 'sandbox', 'main.js'), {
      logFile: path.join(folder, 'sandbox.log'),
      readyWhen: /sandbox is ready/,
      env: { SANDBOX_ADDRESS: address, SANDBOX_DATA_FILE: path.join(folder, 'sandbox.jsonl') },
    });
    const env = workerEnv(folder, server.address, `http://${address}`);
    const workers = Array.from({ length: WORKERS }, (_, index) => {
      const logFile = path.join(folder, `worker-${index + 1}.log`);
      return new KeptProcess(path.join(LIB, 'worker.js'), { logFile, readyWhen: /worker ready/, env });
    });
    const connection = Connection.lazy({ address: server.address });
    const ground = new Ground(folder, server, sandbox, workers, `http://${address}`, connection);
    try {
      await sandbox.start();
      await Promise.all(workers.map((worker) => worker.start()));
      return ground;
    } catch (error) {
      await ground.close();
      throw error;
    }
  }

  /** The documents that are still in the store. */
  get stored(): string[] {
    return readdirSync(storeFolder(this.folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  }

  /** What the sandbox has in its log or its list of sessions. */
  async read<T>(what: 'calls' | 'sessions'): Promise<T[]> {
    const answer = await fetch(`${this.sandboxUrl}/sandbox/${what}`);
    if (!answer.ok) throw new Error(`The sandbox does not tell its ${what} (HTTP ${answer.status}).`);
    return (await answer.json()) as T[];
  }

  /** Ends every process of the run. */
  async close(): Promise<void> {
    for (const kept of [...this.workers, this.sandbox]) kept.leave();
    await Child.stopAll(STOP_GRACE_MS);
    await this.connection.close();
    await this.server.kill();
  }
}

const storeFolder = (folder: string): string => path.join(folder, 'store');

/** Set-up has found or fetched it and written down where. */
function temporalCli(): string {
  const record = path.resolve(LIB, '..', '.cache', 'setup.json');
  return (JSON.parse(readFileSync(record, 'utf8')) as { temporalCli: string }).temporalCli;
}

function workerEnv(folder: string, temporalAddress: string, sandboxUrl: string): Record<string, string> {
  // A config file of the machine's user must not lead the workers elsewhere; an empty one is refused.
  const noConfigFile = path.join(folder, 'temporal.toml');
  writeFileSync(noConfigFile, '[profile.default]\n');
  return {
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_CONFIG_FILE: noConfigFile,
    NOTUS_API_URL: `${sandboxUrl}/api/v1`,
    NOTUS_API_KEY: API_KEY,
    NOTUS_TIMEOUT_MS,
    KYC_DOCUMENT_STORE: pathToFileURL(storeFolder(folder)).href,
    KYC_HEALTH_ADDRESS: '127.0.0.1:0',
    KYC_METRICS_ADDRESS: '127.0.0.1:0',
    LOG_FORMAT: 'json',
  };
}
