import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DOCUMENTS_SUBMITTED } from '../../src/contract';
import {
  KycClient,
  traceInterceptors,
  type Documents,
  type DocumentReference,
  type VerificationHandle,
  type VerificationInput,
} from '../../src/client';
import { clientDataConverter } from '../../src/data-converter';
import { Child } from '../../src/demo/child';
import { FolderStore } from '../../src/documents/folder-store';
import { isProbe } from '../../src/documents/stored-name';
import { EncryptionPlugin } from '../../src/privacy/plugin';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/server';
import { ClusterServer } from './cluster-server';
import { DevServer } from './dev-server';
import { jpegImage } from './images';
import { keyRing, temporalCli } from './temporal';
import { temporaryFolder } from './temporary-folder';
import type { TestServer } from './test-server';

const ROOT = join(__dirname, '../..');
const MAX_BYTES = 26_214_400;
const run = promisify(execFile);

/** A Temporal server of the test file's own, with real worker processes from `lib`, each test with a place of its own. */
export interface EndToEnd<Server extends TestServer = TestServer> {
  server: Server;
  /** Calls the body with a new place; ends its processes and its sandbox in any case. */
  at: (body: (place: Place) => Promise<void>, options?: PlaceOptions) => () => Promise<void>;
}

export interface PlaceOptions {
  sandbox?: SandboxOptions;
  /** What its workers and its callers encrypt with, as `KYC_ENCRYPTION_KEYS`; plain without. */
  keys?: string;
  /** Variables of its workers besides those that lead to the server, the sandbox and the store. */
  env?: Record<string, string>;
}

/** The server of the default run is the quick one; `npm run test:cluster` runs the same tests on the one of production. */
const startServer = (): Promise<TestServer> =>
  process.env.KYC_TEST_SERVER === 'cluster' ? ClusterServer.start() : DevServer.start(temporalCli(), temporaryFolder());

/** Builds `lib` if need be, starts a server before the file's tests, and stops it after them. */
export function useEndToEnd(): EndToEnd;
export function useEndToEnd<Server extends TestServer>(start: () => Promise<Server>): EndToEnd<Server>;
export function useEndToEnd(start = startServer): EndToEnd {
  const endToEnd = {
    at:
      (body: (place: Place) => Promise<void>, options: PlaceOptions = {}) =>
      async (): Promise<void> => {
        const place = await Place.open(endToEnd.server, options);
        try {
          await body(place);
        } finally {
          await place.close();
        }
      },
  } as EndToEnd;

  beforeAll(async () => {
    await run(process.execPath, [join(ROOT, 'scripts', 'setup.mjs'), '--server', '--quiet']);
    endToEnd.server = await start();
  }, 120_000);
  afterAll(() => endToEnd.server.stop(), 60_000);

  return endToEnd;
}

/** What one test sets up: a sandbox, a document store, a task queue, a caller, and workers that it starts and kills. */
export class Place {
  readonly taskQueue = `kyc-${randomUUID()}`;
  readonly folder = temporaryFolder();
  readonly storeFolder = join(this.folder, 'store');
  readonly kyc: KycClient;
  private readonly workers: Child[] = [];

  private constructor(
    readonly server: TestServer,
    private readonly connection: Connection,
    public sandbox: Sandbox,
    private readonly options: PlaceOptions,
  ) {
    mkdirSync(this.storeFolder);
    // A config file of the machine's user must not lead the processes elsewhere; an empty one is refused.
    writeFileSync(this.configFile, '[profile.default]\n');
    const plugin = new EncryptionPlugin(keyRing(options.keys ?? ''));
    const interceptors = { workflow: traceInterceptors };
    const client = new Client({ connection, dataConverter: clientDataConverter, plugins: [plugin], interceptors });
    this.kyc = KycClient.of({ client, taskQueue: this.taskQueue, store: this.store });
  }

  static async open(server: TestServer, options: PlaceOptions): Promise<Place> {
    const connection = Connection.lazy({ address: server.address });
    return new Place(server, connection, await startSandbox(options.sandbox), options);
  }

  get store(): FolderStore {
    return new FolderStore(this.storeFolder);
  }

  /** The documents that are still in the store; a worker killed in a check of the store leaves its probe to the sweep. */
  get stored(): string[] {
    return readdirSync(this.storeFolder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile() && !isProbe(entry.name))
      .map(({ name }) => name);
  }

  /** A worker process, ready. */
  async startWorker(env: Record<string, string> = {}): Promise<Child> {
    const worker = new Child(process.execPath, [join(ROOT, 'lib', 'worker.js')], {
      logFile: this.workerLog,
      readyWhen: /worker ready/,
      env: {
        ...this.clientEnv,
        NOTUS_TIMEOUT_MS: '20000',
        KYC_HEALTH_ADDRESS: '127.0.0.1:0',
        KYC_METRICS_ADDRESS: '127.0.0.1:0',
        LOG_FORMAT: 'json',
        ...this.options.env,
        ...env,
      },
    });
    this.workers.push(worker);
    await worker.ready;
    return worker;
  }

  /** Kills the worker in the middle of whatever it does, and starts another. */
  async replace(worker: Child): Promise<Child> {
    await kill(worker);
    return this.startWorker();
  }

  /** Starts a verification of this person's identity card, with photos in the store. */
  async startWithDocuments(input: VerificationInput, given: Photos = PHOTOS): Promise<VerificationHandle> {
    const id = randomUUID();
    const documents = await this.putPhotos(id, given);
    return this.kyc.start(id, { ...input, documents });
  }

  /** Puts photos into the store, as another service would, and gives their references. */
  async putPhotos(verificationId: string, given: Photos): Promise<NonNullable<VerificationInput['documents']>> {
    const put = async (bytes: Buffer): Promise<DocumentReference> => {
      const { uri, sha256 } = await this.store.put(verificationId, bytes, MAX_BYTES);
      return { uri, sha256 };
    };
    const front = await put(given.front);
    return given.back === undefined ? { front } : { front, back: await put(given.back) };
  }

  /** Fires the signal and forgets it, so no worker need be there. */
  async signal({ verificationId }: VerificationHandle, documents: Documents): Promise<void> {
    await this.kyc.temporal.workflow.getHandle(verificationId).signal(DOCUMENTS_SUBMITTED, documents);
  }

  /** Runs the plain `temporal` command, as a service in another language would drive a verification. */
  async temporal(...args: string[]): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: this.folder, ...this.temporalEnv };
    const { stdout } = await run(temporalCli(), args, { env, timeout: 30_000 });
    return stdout;
  }

  /** Closes the port of Notus and S3; what they know is kept if the sandbox has a data file. */
  async takeNotusDown(): Promise<void> {
    await this.sandbox.close();
  }

  /** Opens the same port again. */
  async bringNotusBack(): Promise<void> {
    const port = Number(new URL(this.sandbox.url).port);
    this.sandbox = await startSandbox({ ...this.options.sandbox, port });
  }

  /** Replaces the key that Notus accepts, by the admin call that a person would make. */
  async replaceKey(apiKey: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ apiKey });
    const answer = await fetch(`${this.sandbox.url}/sandbox/api-key`, { method: 'PUT', headers, body });
    if (!answer.ok) throw new Error(`The sandbox did not take the key (HTTP ${answer.status}).`);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map(kill));
    await this.connection.close();
    await this.sandbox.close();
  }

  /** Whether a worker of this place has logged that. */
  workerSaid(words: RegExp | string): boolean {
    const log = readFileSync(this.workerLog, 'utf8');
    return typeof words === 'string' ? log.includes(words) : words.test(log);
  }

  /** What the `kyc` command and other callers need to reach all this. */
  get clientEnv(): Record<string, string> {
    return {
      ...this.temporalEnv,
      NOTUS_API_URL: this.sandbox.apiUrl,
      NOTUS_API_KEY: this.sandbox.apiKey,
      KYC_TASK_QUEUE: this.taskQueue,
      KYC_DOCUMENT_STORE: pathToFileURL(this.storeFolder).href,
      ...(this.options.keys === undefined ? {} : { KYC_ENCRYPTION_KEYS: this.options.keys }),
    };
  }

  private get temporalEnv(): Record<string, string> {
    const { address } = this.server;
    return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default', TEMPORAL_CONFIG_FILE: this.configFile };
  }

  private get configFile(): string {
    return join(this.folder, 'temporal.toml');
  }

  private get workerLog(): string {
    return join(this.folder, 'worker.log');
  }
}

export interface Photos {
  front: Buffer;
  back?: Buffer;
}

/** The photos of both sides; another number gives other photos. */
export const photos = (seed: number): Required<Photos> => ({
  front: jpegImage({ seed, bytes: 100_000 }),
  back: jpegImage({ seed: seed + 1, bytes: 100_000 }),
});

/** The photos that a test uses when it does not matter which. */
export const PHOTOS = photos(1);

/** Without mercy; ends when the process is gone. */
export async function kill(worker: Child): Promise<void> {
  worker.kill('SIGKILL');
  await worker.exited;
}

/** Resolves as soon as `holds` does; throws when that takes longer, by default more than half a minute. */
export async function until(holds: () => boolean | Promise<boolean>, longestMs = 30_000): Promise<void> {
  const patience = Date.now() + longestMs;
  while (!(await holds())) {
    if (Date.now() > patience) throw new Error(`In ${longestMs / 1_000} s it never came to: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Resolves once the verification is in that stage, and so has an open session. */
export async function untilStage(verification: VerificationHandle, wanted: string): Promise<void> {
  for await (const { stage } of verification.watch({ signal: AbortSignal.timeout(30_000) })) {
    if (stage === wanted) return;
  }
  throw new Error(`The verification is closed and never came to ${wanted}.`);
}
