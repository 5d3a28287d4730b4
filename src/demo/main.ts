import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { KycClient } from '../client';
import type { VerificationInput, VerificationStatus } from '../contract';
import { createDocumentStore } from '../documents/create-store';
import { KeyRing } from '../privacy/key-ring';
import { EncryptionPlugin } from '../privacy/plugin';
import { startSandbox, type Sandbox } from '../sandbox/server';
import { Child } from './child';
import { startEmbeddedServer, type EmbeddedServer } from './embedded-server';
import { startDemoEncryption, type DemoEncryption } from './encryption';
import { freePort } from './ports';
import { tell } from './screen';
import { WorkerKeeper } from './worker-child';

const ROOT = path.resolve(__dirname, '..', '..');
const SAMPLES = path.join(ROOT, 'samples');
const NAMESPACE = 'default';
const SANDBOX_PORT = 4010;
const NOTUS_TIMEOUT_MS = 2_000;
const VERIFICATION_WITHIN_MS = 120_000;

/** What is running, so that all of it can be stopped. */
interface Running {
  folder: string;
  server?: EmbeddedServer;
  sandbox?: Sandbox;
  worker?: WorkerKeeper;
  encryption?: DemoEncryption;
}

/** Everything on this machine and made up: server, sandbox and worker, one verification, and then a place to play. */
async function main(): Promise<void> {
  const once = process.argv.includes('--once');
  const unknown = process.argv.slice(2).find((argument) => argument !== '--once');
  if (unknown !== undefined) {
    console.error(`npm start takes --once alone, not ${unknown}.`);
    process.exit(2);
  }
  const running: Running = { folder: mkdtempSync(path.join(tmpdir(), 'kyc-demo-')) };
  const interrupted = onInterrupt();
  process.once('exit', () => Child.killAll());
  try {
    const outcome = await Promise.race([demonstrate(running), interrupted]);
    if (outcome !== 'approved' && outcome !== null) process.exitCode = 1;
    if (outcome !== null && !once) {
      playground(running);
      await interrupted;
    }
    if (outcome === null && once) process.exitCode = 130;
  } catch (error) {
    tell(error instanceof Error ? error.message : 'It failed.');
    process.exitCode = 1;
  }
  tell('Stopping …');
  await stopAll(running);
  process.exit();
}

async function demonstrate(running: Running): Promise<string> {
  tell('Starting a Temporal server with its UI, the Notus sandbox and a worker …');
  const cli = temporalCli();
  running.sandbox = await startDemoSandbox();
  running.encryption = await startDemoEncryption(NAMESPACE);
  running.server = await startEmbeddedServer(cli, running.folder, running.encryption.codec.url);
  const { server, sandbox, encryption } = running;
  encryption.openTo(server.uiUrl);
  const storeUrl = pathToFileURL(path.resolve('kyc-documents')).href;
  running.worker = await startWorker({ folder: running.folder, server, sandbox, encryption }, storeUrl);
  tell(
    `Temporal ${server.address}, its UI ${server.uiUrl}, sandbox ${sandbox.url}, worker process ${running.worker.pid}`,
  );

  const store = createDocumentStore(storeUrl);
  const plugins = [new EncryptionPlugin(KeyRing.parse(encryption.keys))];
  const client = KycClient.of({ client: new Client({ connection: server.connection, plugins }), store });
  return verifyOne(client, server.uiUrl);
}

async function verifyOne(client: KycClient, uiUrl: string): Promise<string> {
  const input = JSON.parse(readFileSync(path.join(SAMPLES, 'verification.json'), 'utf8')) as VerificationInput;
  const verification = await client.start('demo-1', input);
  tell(`Verification demo-1 started: ${uiUrl}/namespaces/${NAMESPACE}/workflows/demo-1`);
  const end = AbortSignal.timeout(VERIFICATION_WITHIN_MS);
  let submitted = false;
  for await (const status of verification.watch({ signal: end })) {
    tell(stageLine(status));
    if (status.stage !== 'awaitingDocuments' || submitted) continue;
    submitted = true;
    tell('  the applicant sends two photos (samples/front.jpg, samples/back.jpg)');
    await verification.submitDocuments({
      front: path.join(SAMPLES, 'front.jpg'),
      back: path.join(SAMPLES, 'back.jpg'),
    });
  }
  const result = await verification.outcome({ signal: end });
  tell(`Outcome: ${result.outcome}, individualId ${result.individualId}`);
  return result.outcome;
}

function stageLine({ stage, sessionId, notusStatus, outcome, problem }: VerificationStatus): string {
  const session = sessionId === null ? '' : `  session ${sessionId.slice(0, 8)}…, Notus says ${notusStatus}`;
  const rest = problem === null ? '' : `  ${problem.code}: ${problem.message}`;
  return `  ${(outcome === null ? stage : `${stage} (${outcome})`).padEnd(20)}${session}${rest}`;
}

function playground({ server, sandbox, worker, folder, encryption }: Running): void {
  const env = path.join(folder, 'env');
  const lines = [`TEMPORAL_ADDRESS=${server?.address}`, `KYC_ENCRYPTION_KEYS=${encryption?.keys}`];
  // The key of this run goes to a file that only its user reads, not to a screen that is shown around.
  writeFileSync(env, lines.map((line) => `export ${line}\n`).join(''), { mode: 0o600 });
  console.log(`
All of it stays up until Ctrl-C. Look at the Temporal UI, which decrypts for you: ${server?.uiUrl}

Try next, in another terminal:
  . ${env}
  npm run kyc -- start demo-2 samples/verification.json
  npm run kyc -- submit demo-2 --front samples/front.jpg --back samples/back.jpg
  npm run kyc -- watch demo-2

Or kill the worker meanwhile (kill -9 ${worker?.pid}): another goes on. Other outcomes: curl ${sandbox?.url}/sandbox
Logs: ${folder}
`);
}

/** Set-up has found or fetched it and written down where. */
function temporalCli(): string {
  const found = JSON.parse(readFileSync(path.join(ROOT, '.cache', 'setup.json'), 'utf8')) as { temporalCli?: string };
  if (found.temporalCli) return found.temporalCli;
  throw new Error('The Temporal CLI is not set up: run npm start, which does it.');
}

async function startDemoSandbox(): Promise<Sandbox> {
  const port = await freePort(SANDBOX_PORT);
  // Another process may take the port after the look at it.
  return startSandbox({ port }).catch(() => startSandbox());
}

async function startWorker(
  { folder, server, sandbox, encryption }: Omit<Required<Running>, 'worker'>,
  documentStore: string,
): Promise<WorkerKeeper> {
  const noConfigFile = path.join(folder, 'temporal.toml');
  writeFileSync(noConfigFile, '[profile.default]\n');
  mkdirSync(path.resolve('kyc-documents'), { recursive: true, mode: 0o700 });
  const worker = new WorkerKeeper({
    logFile: path.join(folder, 'worker.log'),
    readyWhen: /worker ready/,
    env: {
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      KYC_ENCRYPTION_KEYS: encryption.keys,
      TEMPORAL_CONFIG_FILE: noConfigFile,
      NOTUS_API_URL: sandbox.apiUrl,
      NOTUS_API_KEY: sandbox.apiKey,
      NOTUS_TIMEOUT_MS: String(NOTUS_TIMEOUT_MS),
      KYC_DOCUMENT_STORE: documentStore,
      KYC_DOCUMENT_SOURCES: pathToFileURL(SAMPLES).href,
      KYC_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
      KYC_METRICS_ADDRESS: `127.0.0.1:${await freePort()}`,
      LOG_FORMAT: 'json',
    },
  });
  await worker.ready;
  return worker;
}

/** Resolves with null at the first Ctrl-C; a second one ends the process at once. */
function onInterrupt(): Promise<null> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        resolve(null);
      });
    }
  });
}

async function stopAll({ worker, server, sandbox, folder, encryption }: Running): Promise<void> {
  await worker?.stop();
  await server?.connection.close();
  await Child.stopAll(2_000);
  await sandbox?.close();
  await encryption?.codec.close();
  if (process.exitCode === undefined || process.exitCode === 0) rmSync(folder, { recursive: true, force: true });
  else tell(`Logs are kept in ${folder}`);
}

void main();
