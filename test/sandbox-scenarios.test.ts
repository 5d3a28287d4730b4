import type { Sandbox } from '../src/sandbox/server';
import { startSandbox } from '../src/sandbox/server';
import { SCENARIOS } from '../src/sandbox/scenarios';
import type { Created } from './support/sandbox-caller';
import { callerOf, createBody, s3Error, upload } from './support/sandbox-caller';

let sandbox: Sandbox;
let caller: ReturnType<typeof callerOf>;

beforeEach(async () => {
  sandbox = await startSandbox();
  caller = callerOf(sandbox);
});

afterEach(() => sandbox.close());

const suffixOf = (name: string): string => SCENARIOS.find((scenario) => scenario.name === name)?.suffix ?? 'none';

const openAndSubmit = async (name: string): Promise<string> => {
  const created = await caller.open(suffixOf(name));
  await caller.submit(created);
  return created.session.id;
};

const statusesOf = async (name: string, looks: number): Promise<string> =>
  (await caller.statuses(await openAndSubmit(name), looks)).join(' ');

test('gives each scenario a name and an ending of its own', () => {
  expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  expect(new Set(SCENARIOS.map(({ suffix }) => suffix)).size).toBe(SCENARIOS.length);
  expect(SCENARIOS.every(({ suffix }) => /^\d{4}$/.test(suffix))).toBe(true);
});

test.each([
  ['approved', 'PROCESSING VERIFYING COMPLETED COMPLETED'],
  ['approved-at-once', 'COMPLETED COMPLETED'],
  ['approved-long-way', 'PENDING PROCESSING VERIFYING COMPLETED'],
  ['status-lag', 'PENDING PENDING PENDING COMPLETED'],
  ['unknown-status', 'MANUAL_REVIEW MANUAL_REVIEW COMPLETED'],
  ['eight-looks', `${'PROCESSING '.repeat(4)}${'VERIFYING '.repeat(4)}COMPLETED`],
  ['rejected', 'PROCESSING VERIFYING FAILED FAILED'],
  ['rejected-at-once', 'FAILED FAILED'],
  ['never-final', 'VERIFYING VERIFYING VERIFYING VERIFYING VERIFYING'],
  ['unknown-status-forever', 'MANUAL_REVIEW MANUAL_REVIEW MANUAL_REVIEW'],
  ['expired', 'VERIFYING VERIFYING EXPIRED EXPIRED'],
])('%s reads %s', async (name, expected) => {
  expect(await statusesOf(name, expected.split(' ').length)).toBe(expected);
});

test.each([
  ['rejected-once', 'FAILED'],
  ['expired-once', 'EXPIRED'],
])('%s ends the first session of a document id so and approves the next', async (name, first) => {
  expect(await statusesOf(name, 3)).toContain(first);
  expect(await statusesOf(name, 3)).toContain('COMPLETED');
});

test('decides by the clock of the sandbox when a scenario says so', async () => {
  const id = await openAndSubmit('seconds');
  const early = (await caller.look(id)).status;
  sandbox.advance(15_000);
  const later = (await caller.look(id)).status;
  sandbox.advance(15_000);

  expect([early, later, (await caller.look(id)).status]).toEqual(['PROCESSING', 'VERIFYING', 'COMPLETED']);
});

test('lets a session without liveness expire', async () => {
  const id = await openAndSubmit('liveness-not-done');
  const before = (await caller.look(id)).status;
  sandbox.advance(900_000);

  expect([before, (await caller.look(id)).status]).toEqual(['VERIFYING', 'EXPIRED']);
});

test.each([
  ['get-500-twice', [500, 500, 200]],
  ['get-429-retry-after', [429, 200]],
  ['get-404', [404, 404]],
  ['get-403', [403, 403]],
  ['get-redirect-302', [302, 302]],
  ['get-redirect-307', [307, 307]],
  ['get-500-always', [500, 500]],
])('%s answers looks with %j', async (name, expected) => {
  const id = await openAndSubmit(name);
  const seen: number[] = [];
  for (const _ of expected) seen.push((await caller.get(id)).status);

  expect(seen).toEqual(expected);
  expect(sandbox.sessions()[0]?.gets).toBe(expected.length);
});

test.each<[name: string, first: Pick<RegExp, 'test'>]>([
  ['get-html', /^<!DOCTYPE html>/],
  ['get-empty-object', /^{}$/],
  ['get-truncated', /^{"session":[^}]*$/],
  ['get-huge', { test: (text: string) => text.includes(`"padding":"${'x'.repeat(5_000_000)}`) }],
])('%s spoils the first look alone', async (name, first) => {
  const id = await openAndSubmit(name);
  const spoiled = await caller.get(id);

  expect(spoiled.status).toBe(200);
  expect(first.test(await spoiled.text())).toBe(true);
  expect((await caller.look(id)).status).toBe('VERIFYING');
});

test('holds every answer back and still gives it', async () => {
  sandbox.use({ name: 'slow', delayMs: 1 });
  const created = await caller.open();
  await caller.submit(created);

  expect((await caller.statuses(created.session.id, 3)).at(-1)).toBe('COMPLETED');
  expect(sandbox.calls().every(({ scenario, side }) => scenario === 'slow' || side === 'back')).toBe(true);
});

test.each(['process-reset', 'process-hangs'])('%s gives the first process no answer and does nothing', async (name) => {
  const created = await caller.open(suffixOf(name));
  await upload(created.frontDocument);
  await upload(created.backDocument);

  await expect(caller.process(created.session.id, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
  expect(sandbox.sessions()[0]?.processCalls).toBe(0);
  expect((await caller.process(created.session.id)).status).toBe(204);
});

test('resets an upload without storing it', async () => {
  const created = await caller.open(suffixOf('s3-reset'));

  await expect(upload(created.frontDocument)).rejects.toThrow();
  expect(sandbox.sessions()[0]?.uploads.front).toBeNull();
  expect((await upload(created.frontDocument)).status).toBe(204);
});

test.each(['get-reset', 'get-hangs'])('%s gives the first look no answer', async (name) => {
  const id = await openAndSubmit(name);

  await expect(caller.get(id, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
  expect((await caller.look(id)).status).toBe('PROCESSING');
});

test.each([
  ['process-500-twice', [500, 500, 204], 1],
  ['process-429-retry-after', [429, 204], 1],
  ['process-400', [400, 204], 1],
  ['process-400-always', [400, 400], 0],
  ['process-409', [409, 204], 1],
  ['process-409-always', [409, 409], 0],
  ['process-forgotten', [204, 204], 1],
])('%s answers process with %j and takes %i', async (name, expected, taken) => {
  const created = await caller.open(suffixOf(name));
  await upload(created.frontDocument);
  await upload(created.backDocument);
  const seen: number[] = [];
  for (const _ of expected) seen.push((await caller.process(created.session.id)).status);

  expect(seen).toEqual(expected);
  expect(sandbox.sessions()[0]?.processCalls).toBe(taken);
  expect(sandbox.calls({ effect: 'accepted' })).toHaveLength(taken);
});

test('takes a process whose answer is lost, and counts the repetition', async () => {
  const { session, ...forms } = await caller.open(suffixOf('process-lost-reply'));
  await upload(forms.frontDocument);
  await upload(forms.backDocument);

  await expect(caller.process(session.id)).rejects.toThrow();
  expect((await caller.process(session.id)).status).toBe(204);
  expect(sandbox.calls({ operation: 'process' }).map(({ effect }) => effect)).toEqual(['accepted', 'repeated']);
  expect(sandbox.sessions()[0]?.processCalls).toBe(2);
});

test('refuses process while uploads are missing, or fails the session when the scenario says so', async () => {
  const refused = await caller.open();
  const failed = await caller.open(suffixOf('process-without-uploads'));
  const refusal = await caller.process(refused.session.id);
  const acceptance = await caller.process(failed.session.id);

  expect([refusal.status, acceptance.status]).toEqual([400, 204]);
  expect((await caller.look(refused.session.id)).status).toBe('PENDING');
  expect((await caller.look(failed.session.id)).status).toBe('FAILED');
});

test('needs no back of a passport', async () => {
  const created = await caller.open('8909', { documentCategory: 'PASSPORT' });
  await upload(created.frontDocument);

  expect((await caller.process(created.session.id)).status).toBe(204);
});

test.each([
  ['forms-expired-once', [403, 204]],
  ['forms-expired', [403, 403]],
])('%s refuses the front of two sessions with %j', async (name, expected) => {
  const first = await caller.open(suffixOf(name));
  const second = await caller.open(suffixOf(name));
  const seen = [await upload(first.frontDocument), await upload(second.frontDocument)];

  expect(seen.map(({ status }) => status)).toEqual(expected);
  expect(await seen[0]?.text()).toContain('Invalid according to Policy: Policy expired.');
});

test('points forms to another host', async () => {
  const created: Created = await caller.open(suffixOf('forms-elsewhere'));

  expect(created.frontDocument.url).toBe('https://elsewhere.invalid/notus-api-kyc-0000000');
});

test.each([
  ['s3-500', 500, 'InternalError', 204],
  ['s3-slow-down', 503, 'SlowDown', 204],
  ['s3-too-large', 400, 'EntityTooLarge', 400],
  ['s3-too-large-once', 400, 'EntityTooLarge', 204],
  ['s3-403', 403, 'AccessDenied', 403],
  ['s3-403-once', 403, 'AccessDenied', 204],
  ['s3-500-always', 500, 'InternalError', 500],
])('%s refuses the front with %i %s, then answers %i; the back is stored', async (name, status, code, then) => {
  const created = await caller.open(suffixOf(name));
  const back = await upload(created.backDocument);

  expect(back.status).toBe(204);
  expect(await s3Error(await upload(created.frontDocument))).toMatchObject({ status, code });
  expect((await upload(created.frontDocument)).status).toBe(then);
});

test.each([
  ['individual-id-absent', [undefined, undefined]],
  ['individual-id-null-once', [null, expect.stringMatching(/^ind_/)]],
  ['individual-id-empty-once', ['', expect.stringMatching(/^ind_/)]],
  ['individual-id-never', [null, null]],
])('%s completes with individualId %j', async (name, expected) => {
  const id = await openAndSubmit(name);
  await caller.statuses(id, 2);
  const ids = [await caller.look(id), await caller.look(id)].map(({ individualId }) => individualId);

  expect(ids).toEqual(expected);
});

test('answers nothing but 500 during an outage, and goes on after it', async () => {
  const created = await caller.open();
  sandbox.use('outage', { operation: 'get', times: 2 });
  sandbox.use('outage', { operation: 'upload', times: 1 });
  sandbox.use('outage', { operation: 'create', times: 1 });
  const during = [
    await caller.get(created.session.id),
    await caller.get('99999999-0000-4000-8000-000000000001'),
    await upload(created.frontDocument),
    await caller.create(createBody()),
  ];
  const after = [
    await caller.get(created.session.id),
    await upload(created.frontDocument),
    await caller.create(createBody()),
  ];

  expect(during.map(({ status }) => status)).toEqual([500, 500, 500, 500]);
  expect(after.map(({ status }) => status)).toEqual([200, 204, 200]);
});
