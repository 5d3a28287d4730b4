import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { KycClient } from '../src/client';
import { clientDataConverter } from '../src/data-converter';
import { Child } from '../src/demo/child';
import { FolderStore } from '../src/documents/folder-store';
import { isProbe } from '../src/documents/stored-name';
import { KeyRing } from '../src/privacy/key-ring';
import { EncryptionPlugin } from '../src/privacy/plugin';
import { ClusterServer } from '../test/support/cluster-server';
import { DevServer } from '../test/support/dev-server';
import type { TestServer } from '../test/support/test-server';
import { KeptProcess } from './kept-process';
import { Links } from './links';
import type { LinkName, PlanOptions } from './plan';
import { lastingPort } from './ports';

/** The compiled checkout: this file runs from `lib/checks/chaos`. */
const LIB = path.resolve(__dirname, '..', '..');
const API_KEY = 'sandbox-key';
const KEYS = `chaos:${Buffer.alloc(32, 'chaos').toString('base64')}`;
const NOTUS_TIMEOUT_MS = '5000';
const STOP_GRACE_MS = 2_000;

/** host:port of each that a worker talks to. */
type Ends = Record<LinkName, string>;

/** All that a run needs, each part a process of its own: a Temporal server on a file, the sandbox on a file, workers. */
export class Ground {
  /** The workflow code that the workers run, and how they and the callers encrypt. */
  readonly code = {
    codePath: path.join(LIB, 'workflow-bundle-encrypted.js'),
    encryption: new EncryptionPlugin(KeyRing.parse(KEYS)),
  };
  readonly store: FolderStore;
  readonly kyc: KycClient;

  private constructor(
    readonly folder: string,
    readonly server: TestServer,
    readonly sandbox: KeptProcess,
    readonly workers: readonly KeptProcess[],
    /** Null when the workers talk to everybody directly. */
    readonly links: Links | null,
    private readonly sandboxAddress: string,
    private readonly connection: Connection,
  ) {
    this.store = new FolderStore(storeFolder(folder), KeyRing.parse(KEYS));
    const client = new Client({ connection, dataConverter: clientDataConverter, plugins: [this.code.encryption] });
    this.kyc = KycClient.of({ client, store: this.store });
  }

  static async open(folder: string, options: PlanOptions): Promise<Ground> {
    mkdirSync(storeFolder(folder));
    const server = await startServer(folder, options);
    try {
      return await Ground.openOn(server, folder, options);
    } catch (error) {
      await Child.stopAll(STOP_GRACE_MS);
      await server.stop();
      throw error;
    }
  }

  private static async openOn(server: TestServer, folder: string, options: PlanOptions): Promise<Ground> {
    const sandboxAddress = `127.0.0.1:${await lastingPort()}`;
    const direct: Ends = { temporal: server.address, notus: sandboxAddress, s3: sandboxAddress };
    const links = options.links ? await Links.open(folder, direct) : null;
    const ends = links?.addresses ?? direct;
    const sandbox = new KeptProcess([path.join(LIB, 'sandbox', 'main.js')], {
      logFile: path.join(folder, 'sandbox.log'),
      readyWhen: /sandbox is ready/,
      env: {
        SANDBOX_ADDRESS: sandboxAddress,
        SANDBOX_DATA_FILE: path.join(folder, 'sandbox.jsonl'),
        SANDBOX_S3_URL: `http://${ends.s3}`,
      },
    });
    const env = workerEnv(folder, ends);
    const preload = options.preload === undefined ? [] : ['--require', path.resolve(options.preload)];
    const workers = Array.from({ length: options.workers }, (_, index) => {
      const logFile = path.join(folder, `worker-${index + 1}.log`);
      return new KeptProcess([...preload, path.join(LIB, 'worker.js')], { logFile, readyWhen: /worker ready/, env });
    });
    const connection = Connection.lazy({ address: server.address });
    await sandbox.start();
    await Promise.all(workers.map((worker) => worker.start()));
    return new Ground(folder, server, sandbox, workers, links, sandboxAddress, connection);
  }

  /** The documents that are still in the store; a worker killed in a check of the store leaves its probe to the sweep. */
  get stored(): string[] {
    return readdirSync(storeFolder(this.folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile() && !isProbe(entry.name))
      .map(({ name }) => name);
  }

  /** What the sandbox has in its log or its list of sessions for a person. */
  async read<T>(what: 'calls' | 'sessions', documentId: string): Promise<T[]> {
    const answer = await fetch(`http://${this.sandboxAddress}/sandbox/${what}?documentId=${documentId}`);
    if (!answer.ok) throw new Error(`The sandbox does not tell its ${what} (HTTP ${answer.status}).`);
    return (await answer.json()) as T[];
  }

  /** Ends every process of the run. */
  async close(): Promise<void> {
    for (const kept of [...this.workers, this.sandbox]) kept.leave();
    await Child.stopAll(STOP_GRACE_MS);
    await this.connection.close();
    await this.server.stop();
  }
}

async function startServer(folder: string, { server, nodes }: PlanOptions): Promise<TestServer> {
  if (server === 'embedded') return DevServer.start(temporalCli(), folder, await lastingPort());
  // PostgreSQL never runs as root, so its own user has to get through.
  chmodSync(folder, 0o711);
  return ClusterServer.start({ nodes, folder: path.join(folder, 'cluster') });
}

const storeFolder = (folder: string): string => path.join(folder, 'store');

/** Set-up has found or fetched it and written down where. */
function temporalCli(): string {
  const record = path.resolve(LIB, '..', '.cache', 'setup.json');
  return (JSON.parse(readFileSync(record, 'utf8')) as { temporalCli: string }).temporalCli;
}

function workerEnv(folder: string, { temporal, notus, s3 }: Ends): Record<string, string> {
  // A config file of the machine's user must not lead the workers elsewhere; an empty one is refused.
  const noConfigFile = path.join(folder, 'temporal.toml');
  writeFileSync(noConfigFile, '[profile.default]\n');
  return {
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_CONFIG_FILE: noConfigFile,
    NOTUS_API_URL: `http://${notus}/api/v1`,
    NOTUS_API_KEY: API_KEY,
    NOTUS_TIMEOUT_MS,
    KYC_UPLOAD_HOSTS: s3,
    KYC_ENCRYPTION_KEYS: KEYS,
    KYC_DOCUMENT_STORE: pathToFileURL(storeFolder(folder)).href,
    KYC_HEALTH_ADDRESS: '127.0.0.1:0',
    KYC_METRICS_ADDRESS: '127.0.0.1:0',
    LOG_FORMAT: 'json',
  };
}
