import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { KycClient, type VerificationHandle } from '../../src/client';
import { plantCanaries, Search } from '../support/canaries';
import { PHOTOS, untilStage } from '../support/end-to-end';
import { Production, type RunningProcess } from '../support/production';
import { eventually } from '../support/prometheus';
import { waiting } from '../support/verification-input';

// One after the other: the tests of this file share the topology, and kill parts of it.
const production = new Production();
const canaries = plantCanaries();
let printed: string;
let kyc: KycClient;
let approved: VerificationHandle;

beforeAll(async () => {
  printed = await production.command('start');
  kyc = await KycClient.connect({ env: production.clientEnv });
}, 300_000);

afterAll(async () => {
  await kyc.close();
  await production.remove();
}, 300_000);

const APPROVED = { outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 };

/** Starts a verification that waits for documents; the ending of the document id picks the sandbox's scenario. */
const start = (ending: string): Promise<VerificationHandle> => {
  const { request } = waiting();
  return kyc.start(randomUUID(), { request: { ...request, documentId: `1234567${ending}` } });
};

async function expectAllReady(): Promise<void> {
  await eventually(60_000, async () => (await production.readyWorkers()) === 2);
  await eventually(60_000, async () => (await production.targetsUp()) === 2);
  const { known, firing } = await production.alerts();
  expect(known).toContain('KycNoWorker');
  expect(firing).toEqual([]);
}

test('both workers are ready, Prometheus reads both and no alert fires', async () => {
  await expectAllReady();

  const status = await production.command('status');
  expect(status.match(/ready$/gm)).toHaveLength(8);
  expect(status).not.toContain('not ready');
});

test('secrets are the own user’s alone, and none is printed', () => {
  const files = Object.keys(production.secrets);
  expect(files.sort()).toEqual(['KYC_CODEC_TOKEN', 'KYC_ENCRYPTION_KEYS', 'NOTUS_API_KEY']);
  for (const file of files) expect(statSync(join(production.folder, 'secrets', file)).mode & 0o777).toBe(0o600);
  for (const secret of Object.values(production.secrets)) expect(printed).not.toContain(secret);
});

const compose = readFileSync(join(__dirname, '../../docker-compose.yml'), 'utf8');
/** What stands in docker-compose.yml of that service. */
const service = (name: string): string => new RegExp(`^ {2}${name}:\n(?: {4,}.*\n)+`, 'm').exec(compose)?.[0] ?? '';

test('each worker is told the same variables as in docker-compose.yml, and where the sandbox is', () => {
  const shared = /^x-kyc-environment:.*\n(?: .*\n)+/m.exec(compose)?.[0] ?? '';
  const worker = service('kyc-worker');
  const inCompose = new Set((shared + worker).match(/\b(?:KYC|TEMPORAL|NOTUS)_\w+/g));
  expect(inCompose.size).toBeGreaterThan(5);

  expect(production.workers).toHaveLength(2);
  for (const { env } of production.workers) {
    const told = Object.keys(env).filter((name) => /^(KYC|TEMPORAL|NOTUS)_/.test(name));
    expect(told.sort()).toEqual([...inCompose, 'NOTUS_API_URL'].sort());
    expect(env).toMatchObject({ NODE_ENV: 'production', TEMPORAL_NAMESPACE: 'kyc' });
  }
});

test('the Temporal server is of the version in docker-compose.yml and told the same variables, and ports', () => {
  const inCompose = service('temporal-server');
  const built = readFileSync(join(__dirname, '../../scripts/go-programs.json'), 'utf8');
  const version = /"temporal-server".*"v(.+)"/.exec(built)?.[1];
  expect(inCompose).toContain(`image: temporalio/server:${version}\n`);
  expect(service('temporal-schema')).toContain(`image: temporalio/admin-tools:${version}\n`);

  const { command = [], env = {} }: Partial<RunningProcess> = production.temporalServer ?? {};
  expect(command.slice(1)).toEqual(['start']);
  const pairs = [...inCompose.matchAll(/^ {6}([A-Z_]+): '?([^'\n]+)'?$/gm)].map(([, name, value]) => [name, value]);
  const given = Object.fromEntries(pairs) as Record<string, string>;
  const told = Object.keys(env).filter((name) => !/^HOME$|_(GRPC|HTTP|MEMBERSHIP)_PORT$/.test(name));
  // The password is in a file there.
  expect(told.sort()).toEqual([...Object.keys(given), 'POSTGRES_PWD'].sort());
  for (const name of ['DB', 'LOG_LEVEL', 'POSTGRES_USER', 'NUM_HISTORY_SHARDS', 'TEMPORAL_ALLOW_NO_AUTH'])
    expect(env[name]).toBe(given[name]);
  expect(basename(env.DYNAMIC_CONFIG_FILE_PATH ?? '')).toBe(basename(given.DYNAMIC_CONFIG_FILE_PATH ?? ''));
});

test('a verification is approved, and PostgreSQL keeps nothing of the person or the photos readable', async () => {
  approved = await kyc.start(randomUUID(), canaries.person('1001'));
  await approved.submitDocuments(canaries.photos(1));
  expect(await approved.outcome()).toMatchObject(APPROVED);

  const files = readdirSync(join(production.folder, 'postgres'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const personal = new Search(canaries.values);
  personal.inFiles(files);
  expect(personal.found).toEqual([]);
  const id = new Search({ id: approved.verificationId });
  id.inFiles(files);
  expect(id.found).not.toEqual([]);
});

test('the UI answers, lists the verification, and sends browsers to the codec server, which lets its pages in', async () => {
  const { ui, codecServer } = production.state;
  const page = await fetch(`http://${ui}/`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);

  const settings = (await (await fetch(`http://${ui}/api/v1/settings`)).json()) as object;
  expect(settings).toMatchObject({ Codec: { Endpoint: `http://${codecServer}`, PassAccessToken: true } });
  const asked = { origin: `http://${ui}`, 'access-control-request-method': 'POST' };
  const allowed = await fetch(`http://${codecServer}/decode`, { method: 'OPTIONS', headers: asked });
  expect(allowed.headers.get('access-control-allow-origin')).toBe(`http://${ui}`);

  await eventually(30_000, async () => {
    const list = await (await fetch(`http://${ui}/api/v1/namespaces/kyc/workflows`)).text();
    return list.includes(approved.verificationId);
  });
});

test('only the codec server makes the history readable, and only for its token', async () => {
  const sent = await inputWithoutKeys(approved);
  const { request } = canaries.person('1001');
  expect(JSON.stringify(sent)).not.toContain(request.firstName);
  expect(Buffer.from(sent.data, 'base64').toString()).not.toContain(request.firstName);

  const decode = (headers: Record<string, string>): Promise<Response> =>
    fetch(`http://${production.state.codecServer}/decode`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-namespace': 'kyc', ...headers },
      body: JSON.stringify({ payloads: [sent] }),
    });
  expect((await decode({})).status).toBe(401);
  expect((await decode({ authorization: `Bearer ${'x'.repeat(48)}` })).status).toBe(401);

  const answer = await decode({ authorization: `Bearer ${production.secrets.KYC_CODEC_TOKEN}` });
  const { payloads } = (await answer.json()) as { payloads: { data: string }[] };
  const read: unknown = JSON.parse(Buffer.from(payloads[0]?.data ?? '', 'base64').toString());
  expect(read).toMatchObject({ request });
});

/** The input of its run as a client without keys gets it, in the JSON that codec servers are sent. */
async function inputWithoutKeys({ verificationId }: VerificationHandle): Promise<{ metadata: object; data: string }> {
  const { temporal: address, namespace } = production.state;
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    const { events } = await client.workflow.getHandle(verificationId).fetchHistory();
    const { payloads } = events?.[0]?.workflowExecutionStartedEventAttributes?.input ?? {};
    const { metadata, data } = payloads?.[0] as Payload;
    const base64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');
    const encoded = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
    return { metadata: Object.fromEntries(encoded) as object, data: base64(data) };
  } finally {
    await connection.close();
  }
}

test('the worker that has the call in hand is killed: the verification is approved, and the worker is started again', async () => {
  const before = production.workers.map(({ pid }) => pid);
  // Every answer of Notus takes three seconds.
  const verification = await start('1003');
  await verification.submitDocuments(PHOTOS);
  const pid = await uploaderOf(verification);
  expect(before).toContain(pid);

  process.kill(pid, 'SIGKILL');

  expect(await verification.outcome()).toMatchObject(APPROVED);
  await eventually(60_000, () => Promise.resolve(production.workers.length === 2));
  expect(production.workers.map((worker) => worker.pid)).not.toContain(pid);
  await expectAllReady();
});

/** The process of the worker that uploads its front; resolves once one does. */
async function uploaderOf({ verificationId }: VerificationHandle): Promise<number> {
  let identity = '';
  await eventually(30_000, async () => {
    const { raw } = await kyc.temporal.workflow.getHandle(verificationId).describe();
    const upload = raw.pendingActivities?.find(({ activityId }) => activityId === 'upload-front-1');
    identity = upload?.lastWorkerIdentity ?? '';
    return identity !== '';
  });
  return Number(identity.split(':').pop());
}

test('PostgreSQL crashes and is started again: what waits and what is under way goes on', async () => {
  const waits = await start('1001');
  await untilStage(waits, 'awaitingDocuments');
  const underWay = await start('1003');
  await underWay.submitDocuments(PHOTOS);
  // A create whose answer cannot be written down might have to be done again.
  await uploaderOf(underWay);

  await production.crashPostgres();
  await expect(production.command('status')).rejects.toThrow();
  await production.command('start');

  expect(await underWay.outcome()).toMatchObject(APPROVED);
  await waits.submitDocuments(PHOTOS);
  expect(await waits.outcome()).toMatchObject(APPROVED);
  await expectAllReady();
});

test('stopped, no process is left; started again, everything is as it was', async () => {
  const waits = await start('1001');
  await untilStage(waits, 'awaitingDocuments');

  await production.command('stop');

  expect(production.processes).toEqual([]);
  await production.command('start');
  expect(await approved.outcome()).toMatchObject(APPROVED);
  await waits.submitDocuments(PHOTOS);
  expect(await waits.outcome()).toMatchObject(APPROVED);
});
