import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { KycClient, type DocumentReference } from '../src/client';
import { clientDataConverter } from '../src/data-converter';
import { Child } from '../src/demo/child';
import { FolderStore } from '../src/documents/folder-store';
import { freePort } from '../src/demo/ports';
import type { SandboxCall, Scenario } from '../src/sandbox/server';
import { KeyRing } from '../src/privacy/key-ring';
import { EncryptionPlugin } from '../src/privacy/plugin';
import type { Settings } from './measurement';
import { startCluster } from './cluster';
import { startEmbedded, type BenchServer } from './server';

/** The compiled checkout: this file runs from `lib/checks/bench`. */
const LIB = path.resolve(__dirname, '..', '..');
/** A package of its own, so that its dependencies are none of ours. */
export const DBOS_FOLDER = path.resolve(LIB, '..', 'bench', 'rivals', 'dbos');
const API_KEY = 'sandbox-key';
const KEYS = `bench:${Buffer.alloc(32, 'bench').toString('base64')}`;
/** What `npm run worker` and the image give Node. */
const WORKER_FLAGS = ['--max-semi-space-size=4'];
const MAX_BYTES = 26_214_400;
const STOP_GRACE_MS = 5_000;

/** All that a benchmark needs, each part a process of its own: a Temporal server, the sandbox, workers. */
export class Ground {
  readonly storeFolder: string;
  /** What documents may be read from besides the store; nothing there is ever deleted. */
  readonly sourceFolder: string;
  /** Of the rivals: plain. */
  readonly client: Client;
  readonly kyc: KycClient;
  /** The server that was opened last, such as `embedded server 1.32.0`. */
  static lastServer = '';
  private static readonly open = new Set<() => Promise<void>>();
  private workers = 0;

  /** For an end that comes from outside: no process and no folder outlives this process. */
  static async endAll(): Promise<void> {
    await Promise.all([...Ground.open].map((end) => end()));
  }

  private constructor(
    private readonly folder: string,
    readonly server: BenchServer,
    readonly sandboxUrl: string,
    readonly sandbox: Child,
    private readonly connection: Connection,
  ) {
    this.storeFolder = path.join(folder, 'store');
    this.sourceFolder = path.join(folder, 'source');
    const { namespace } = server;
    this.client = new Client({ connection, namespace, dataConverter: clientDataConverter });
    this.kyc = this.kycOn('kyc');
  }

  /** Calls the body with a new ground and ends all of its processes in any case; `sandboxEnv` is for its sandbox. */
  static async with<T>(
    settings: Settings,
    body: (ground: Ground) => Promise<T>,
    sandboxEnv: Record<string, string> = {},
  ): Promise<T> {
    const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-bench-'));
    for (const name of ['store', 'source']) mkdirSync(path.join(folder, name));
    // A config file of the machine's user must not lead the workers elsewhere; an empty one is refused.
    writeFileSync(path.join(folder, 'temporal.toml'), '[profile.default]\n');
    let server: BenchServer | undefined;
    let connection: Connection | undefined;
    const end = async (): Promise<void> => {
      Ground.open.delete(end);
      await Child.stopAll(STOP_GRACE_MS);
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
      // Last: calls that an interruption cut off would throw into the void.
      await connection?.close();
    };
    Ground.open.add(end);
    try {
      server = await (settings.server === 'postgres' ? startCluster() : startEmbedded(folder));
      const address = `127.0.0.1:${await freePort()}`;
      const sandbox = new Child(process.execPath, [path.join(LIB, 'sandbox', 'main.js')], {
        logFile: path.join(folder, 'sandbox.log'),
        readyWhen: /sandbox is ready/,
        env: { ...sandboxEnv, SANDBOX_ADDRESS: address },
      });
      await sandbox.ready;
      connection = await Connection.connect({ address: server.address });
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      Ground.lastServer = server.described(serverVersion ?? '');
      return await body(new Ground(folder, server, `http://${address}`, sandbox, connection));
    } finally {
      await end();
    }
  }

  get notusUrl(): string {
    return `${this.sandboxUrl}/api/v1`;
  }

  /** A client of the workers on that task queue; without keys, of those that write plain. */
  kycOn(taskQueue: string, keys = KEYS): KycClient {
    const plugins = [new EncryptionPlugin(ringOf(keys))];
    const { connection, server } = this;
    const { namespace } = server;
    return KycClient.of({
      client: new Client({ connection, namespace, dataConverter: clientDataConverter, plugins }),
      taskQueue,
    });
  }

  /** Puts both photos of a verification into the store, as a service does that has these keys. */
  async store(
    photos: Record<'front' | 'back', Buffer>,
    keys = KEYS,
  ): Promise<Record<'front' | 'back', DocumentReference>> {
    const store = new FolderStore(this.storeFolder, ringOf(keys));
    const put = async (side: 'front' | 'back'): Promise<DocumentReference> => {
      const { uri, sha256 } = await store.put(randomUUID(), photos[side], MAX_BYTES);
      return { uri, sha256 };
    };
    return { front: await put('front'), back: await put('back') };
  }

  /** The worker as it is run in production, encryption included; `brisk` has it look each second. Ready when this resolves. */
  async startWorker({
    brisk = false,
    preload,
    env = {},
  }: { brisk?: boolean; preload?: string | undefined; env?: Record<string, string> } = {}): Promise<Child> {
    const modules = [...(brisk ? ['brisk-polls'] : []), ...(preload === undefined ? [] : [preload])];
    const preloads = modules.flatMap((name) => ['--require', path.join(__dirname, `${name}.js`)]);
    return this.start([...WORKER_FLAGS, ...preloads, path.join(LIB, 'worker.js')], {
      ...this.workerEnv,
      KYC_ENCRYPTION_KEYS: KEYS,
      ...env,
    });
  }

  /** A worker of one of the rivals on Temporal. */
  async startRival(name: string): Promise<Child> {
    const program = path.join(__dirname, 'rivals', 'worker.js');
    return this.start([program, name], this.workerEnv);
  }

  /**
   * The rival on DBOS, with a database of its own on the server's PostgreSQL; gives where it listens. Its processes go by
   * the names of their executors: one takes up at its start what one of its name had begun (DBOS docs).
   */
  async startDbos(postgresUrl: string, executor = 'first'): Promise<{ worker: Child; url: string }> {
    if (!existsSync(path.join(DBOS_FOLDER, 'node_modules'))) {
      execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: DBOS_FOLDER,
        stdio: 'inherit',
      });
    }
    const port = String(await freePort());
    const env = { ...this.workerEnv, DATABASE_URL: `${postgresUrl}/kyc_rival_dbos`, PORT: port, DBOS__VMID: executor };
    return { worker: await this.start([path.join(DBOS_FOLDER, 'app.mjs')], env), url: `http://127.0.0.1:${port}` };
  }

  /** Runs every session that is opened from now on by this scenario of the sandbox. */
  async use(scenario: string | Scenario): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ scenario });
    await this.ask('/sandbox/scenarios', { method: 'POST', headers, body });
  }

  /** The sandbox's log of calls, oldest first. */
  async calls(filter = ''): Promise<SandboxCall[]> {
    return (await (await this.ask(`/sandbox/calls?${filter}`)).json()) as SandboxCall[];
  }

  /** The calls to Notus itself, uploads left out, by session. */
  async callsOfSessions(): Promise<Map<string, SandboxCall[]>> {
    const bySession = new Map<string, SandboxCall[]>();
    for (const call of await this.calls()) {
      if (call.sessionId === null || call.operation === 'upload') continue;
      bySession.set(call.sessionId, [...(bySession.get(call.sessionId) ?? []), call]);
    }
    return bySession;
  }

  /** Forgets sessions and calls of the sandbox. */
  async forgetCalls(): Promise<void> {
    await this.ask('/sandbox', { method: 'DELETE' });
  }

  private async ask(route: string, init?: RequestInit): Promise<Response> {
    const answer = await fetch(`${this.sandboxUrl}${route}`, init);
    if (!answer.ok) throw new Error(`The sandbox refuses ${route} (HTTP ${answer.status}).`);
    return answer;
  }

  private async start(args: string[], env: Record<string, string>): Promise<Child> {
    this.workers += 1;
    const logFile = path.join(this.folder, `worker-${this.workers}.log`);
    const child = new Child(process.execPath, args, { env, logFile, readyWhen: /worker ready/ });
    await child.ready;
    return child;
  }

  private get workerEnv(): Record<string, string> {
    return {
      TEMPORAL_ADDRESS: this.server.address,
      TEMPORAL_NAMESPACE: this.server.namespace,
      TEMPORAL_CONFIG_FILE: path.join(this.folder, 'temporal.toml'),
      NOTUS_API_URL: this.notusUrl,
      NOTUS_API_KEY: API_KEY,
      KYC_DOCUMENT_STORE: pathToFileURL(this.storeFolder).href,
      KYC_DOCUMENT_SOURCES: pathToFileURL(this.sourceFolder).href,
      KYC_HEALTH_ADDRESS: '127.0.0.1:0',
      KYC_METRICS_ADDRESS: '127.0.0.1:0',
      LOG_FORMAT: 'json',
    };
  }
}

/** As `KYC_ENCRYPTION_KEYS` is read; empty for none. */
const ringOf = (keys: string): KeyRing => (keys === '' ? KeyRing.empty : KeyRing.parse(keys));
