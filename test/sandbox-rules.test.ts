import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../src/sandbox/server';
import { startSandbox } from '../src/sandbox/server';
import { ADMIN_CALLS } from '../src/sandbox/help';
import { SCENARIOS } from '../src/sandbox/scenarios';
import { callerOf, createBody, upload } from './support/sandbox-caller';

let sandbox: Sandbox;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  sandbox = await startSandbox();
});

afterEach(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const admin = (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(`${sandbox.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

test('takes queued scenarios in order, one session each, then goes back to the document id', async () => {
  sandbox.use('rejected', { times: 1 });
  sandbox.use({ name: 'looks', looks: 125 }, { times: 1 });
  const { open } = callerOf(sandbox);
  for (let n = 0; n < 3; n += 1) await open();

  expect(sandbox.sessions().map(({ scenario }) => scenario)).toEqual(['rejected', 'looks', 'approved']);
});

test('keeps a queued scenario to its document id', async () => {
  sandbox.use('rejected-at-once', { documentId: '12345671111' });
  const { open, submit, look } = callerOf(sandbox);
  const [own, other] = [await open('1111'), await open('2222')];
  await submit(own);
  await submit(other);

  expect([(await look(own.session.id)).status, (await look(other.session.id)).status]).toEqual([
    'FAILED',
    'PROCESSING',
  ]);
});

test('disturbs one operation and leaves the session its own scenario', async () => {
  sandbox.use('create-lost-reply', { operation: 'create', times: 1 });
  const { create } = callerOf(sandbox);

  await expect(create(createBody('2001'))).rejects.toThrow();
  expect(sandbox.sessions()).toMatchObject([{ scenario: 'rejected' }]);
  expect((await create(createBody('2001'))).status).toBe(200);
});

test('lets the newest scenario without a count win, over calls of open sessions, too', async () => {
  const { open, get } = callerOf(sandbox);
  const { session } = await open();
  sandbox.use('get-500-always');
  const during = await get(session.id);
  sandbox.use({ name: 'mended', get: [] });

  expect([during.status, (await get(session.id)).status]).toEqual([500, 200]);
});

test('takes a scenario of its own making', async () => {
  sandbox.use({
    name: 'mine',
    courses: [{ during: ['A', 'B'], final: 'FAILED' }],
    process: [{ kind: 'error', status: 503 }],
  });
  const { open, process, submit, statuses } = callerOf(sandbox);
  const created = await open();
  const refused = await process(created.session.id);
  await submit(created);

  expect(refused.status).toBe(503);
  expect(await statuses(created.session.id, 3)).toEqual(['A', 'B', 'FAILED']);
});

test('follows the number of looks that a scenario is given', async () => {
  sandbox.use({ name: 'looks', looks: 3 });
  const { open, submit, statuses } = callerOf(sandbox);
  const created = await open();
  await submit(created);

  expect(await statuses(created.session.id, 4)).toEqual(['PROCESSING', 'PROCESSING', 'VERIFYING', 'COMPLETED']);
});

test('decides a session by hand', async () => {
  const { open, look } = callerOf(sandbox);
  const { session } = await open();
  sandbox.complete(session.id, 'COMPLETED');

  expect(await look(session.id)).toMatchObject({
    status: 'COMPLETED',
    individualId: expect.stringMatching(/^ind_/) as string,
  });
  expect(() => sandbox.complete('nobody', 'FAILED')).toThrow('There is no session nobody');
});

test('refuses scenarios, operations and counts that mean nothing', () => {
  expect(() => sandbox.use('aproved')).toThrow('There is no scenario "aproved". Choose one of: approved,');
  expect(() => sandbox.use('approved', { operation: 'upload-front' })).toThrow('"operation" must be one of: create,');
  expect(() => sandbox.use('approved', { times: 0 })).toThrow('"times" must be a whole number');
});

test('does over HTTP what it does for programs', async () => {
  const { open, get } = callerOf(sandbox);
  await admin('POST', '/sandbox/scenarios', {
    scenario: { name: 'looks', looks: 2 },
    documentId: '12345671111',
    times: 1,
  });
  const { session } = await open('1111');
  await admin('POST', `/sandbox/sessions/${session.id}`, { status: 'FAILED' });
  const sessions = await (await admin('GET', '/sandbox/sessions?documentId=12345671111')).json();
  const calls = await (await admin('GET', '/sandbox/calls?operation=create')).json();
  await admin('POST', '/sandbox/clock', { advanceMs: 3_600_000 });
  const moved = Date.parse((await get(session.id)).headers.get('date') ?? '') - Date.now();
  await admin('PUT', '/sandbox/api-key', { apiKey: 'rotated' });
  const refused = await get(session.id);
  await admin('DELETE', '/sandbox');

  expect(sessions).toMatchObject([{ id: session.id, status: 'FAILED', scenario: 'looks' }]);
  expect(calls).toMatchObject([{ seq: 1, operation: 'create', status: 200, effect: 'created' }]);
  expect(Math.round(moved / 60_000)).toBe(60);
  expect(refused.status).toBe(403);
  expect(sandbox.apiKey).toBe('rotated');
  expect(sandbox.sessions()).toEqual([]);
  expect(sandbox.calls()).toEqual([]);
});

test.each([
  ['POST', '/sandbox/scenarios', { scenario: 'nope' }, 'There is no scenario "nope"'],
  ['POST', '/sandbox/scenarios', { scenario: { name: 'x', gets: [] } }, '"gets" is not known in the scenario'],
  [
    'POST',
    '/sandbox/scenarios',
    { scenario: { name: 'x', get: [{ kind: 'boom' }] } },
    '"get" must be a list of faults',
  ],
  ['POST', '/sandbox/scenarios', { name: 'approved' }, '"name" is not known in the body'],
  ['POST', '/sandbox/clock', { advanceMs: '1' }, '"advanceMs" must be a number'],
  ['POST', '/sandbox/sessions/x', { status: 'FAILED' }, 'There is no session x'],
])('explains why it refuses %s %s %j', async (method, path, body, message) => {
  const response = await admin(method, path, body);

  expect(response.status).toBe(400);
  expect(((await response.json()) as { message: string }).message).toContain(message);
});

test('helps a person at GET /sandbox and lists the same as JSON', async () => {
  const text = await (await admin('GET', '/sandbox')).text();
  const json = (await (await fetch(`${sandbox.url}/sandbox`, { headers: { accept: 'application/json' } })).json()) as {
    scenarios: { name: string }[];
  };

  expect(SCENARIOS.filter(({ name, suffix }) => !text.includes(`…${suffix}   ${name} `))).toEqual([]);
  expect(json.scenarios.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
});

test('is documented: every scenario and every admin call', () => {
  const page = readFileSync(join(__dirname, '../docs/sandbox.md'), 'utf8').replace(/ +/g, ' ');
  const rows = SCENARIOS.map(({ suffix, name, description }) => `| \`${suffix}\` | \`${name}\` | ${description} |`);

  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  expect(ADMIN_CALLS.filter(({ method, path }) => !page.includes(`\`${method} ${path}\``))).toEqual([]);
});

test('goes on from its data file where it was stopped', async () => {
  const dataFile = join(folder, 'sandbox.jsonl');
  const first = await startSandbox({ dataFile });
  const before = callerOf(first);
  const created = await before.open('4001');
  await before.submit(created);
  await before.get(created.session.id);
  first.use('rejected', { times: 2 });
  await before.open('8909');
  first.advance(60_000);
  const known = { calls: first.calls(), sessions: first.sessions() };
  await first.close();

  const second = await startSandbox({ dataFile });
  const after = callerOf(second);
  expect({ calls: second.calls(), sessions: second.sessions() }).toEqual(known);
  expect((await after.get(created.session.id)).status).toBe(500);
  expect(await after.statuses(created.session.id, 3)).toEqual(['PROCESSING', 'VERIFYING', 'COMPLETED']);
  await after.open('8909');
  await after.open('8909');
  expect(second.sessions('12345678909').map(({ scenario }) => scenario)).toEqual(['rejected', 'rejected', 'approved']);
  expect(second.calls().map(({ seq }) => seq)).toEqual(second.calls().map((_, index) => index + 1));
  const date = Date.parse((await after.get(created.session.id)).headers.get('date') ?? '');
  expect(Math.round((date - Date.now()) / 60_000)).toBe(1);
  await second.close();
});

test('forgets a line that a killed sandbox left half-written, and takes forms signed before', async () => {
  const dataFile = join(folder, 'sandbox.jsonl');
  const port = Number(new URL(sandbox.url).port);
  await sandbox.close();
  const first = await startSandbox({ dataFile, port });
  const created = await callerOf(first).open();
  await first.close();
  const whole = readFileSync(dataFile, 'utf8');
  writeFileSync(dataFile, `${whole}{"call":{"seq":2,`);
  sandbox = await startSandbox({ dataFile, port });

  expect((await upload(created.frontDocument)).status).toBe(204);
  expect(sandbox.calls().map(({ seq, operation }) => [seq, operation])).toEqual([
    [1, 'create'],
    [2, 'upload'],
  ]);
  expect(readFileSync(dataFile, 'utf8').startsWith(whole)).toBe(true);
});

test('has every answered call in the data file', async () => {
  const dataFile = join(folder, 'sandbox.jsonl');
  const recording = await startSandbox({ dataFile });
  const { create } = callerOf(recording);
  await Promise.all(Array.from({ length: 40 }, (_, n) => create(createBody(String(8000 + n)))));
  const lines = readFileSync(dataFile, 'utf8').trim().split('\n');
  await recording.close();

  const calls = lines.map((line) => JSON.parse(line) as { call: { seq: number }; session: { id: string } });
  expect(calls.map(({ call }) => call.seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  expect(new Set(calls.map(({ session }) => session.id)).size).toBe(40);
});
