import { SCENARIOS } from '../src/sandbox/scenarios';
import type { Sandbox } from '../src/sandbox/server';
import { startSandbox } from '../src/sandbox/server';
import { callerOf, createBody } from './support/sandbox-caller';

let sandbox: Sandbox;
let caller: ReturnType<typeof callerOf>;

beforeEach(async () => {
  sandbox = await startSandbox();
  caller = callerOf(sandbox);
});

afterEach(() => sandbox.close());

const suffixOf = (name: string): string => SCENARIOS.find((scenario) => scenario.name === name)?.suffix ?? 'none';

test.each([
  ['create-500-twice', [500, 500, 200], 1],
  ['create-503-retry-after', [503, 200], 1],
  ['create-429-retry-after', [429, 200], 1],
  ['create-400', [400, 400], 0],
  ['create-401', [401, 401], 0],
  ['create-403', [403, 403], 0],
  ['create-502-html', [502, 200], 1],
  ['create-500-always', [500, 500, 500], 0],
  ['create-redirect-302', [302, 302], 0],
  ['create-redirect-307', [307, 307], 0],
])('%s answers creates with %j and opens %i', async (name, expected, opened) => {
  const seen: number[] = [];
  for (const _ of expected) seen.push((await caller.create(createBody(suffixOf(name)))).status);

  expect(seen).toEqual(expected);
  expect(sandbox.sessions()).toHaveLength(opened);
});

test('says in Retry-After how long to wait, and another time when asked', async () => {
  const body = createBody(suffixOf('create-429-retry-after'));
  const first = await caller.create(body);
  sandbox.use({ name: 'create-503-retry-after', retryAfterSeconds: 7 }, { times: 1 });
  const second = await caller.create(body);

  expect([first.headers.get('retry-after'), second.headers.get('retry-after')]).toEqual(['2', '7']);
});

test('sends redirects to another origin', async () => {
  const response = await caller.create(createBody(suffixOf('create-redirect-307')));

  expect(response.headers.get('location')).toBe(
    'https://elsewhere.invalid/api/v1/kyc/individual-verification-sessions/standard',
  );
});

test('opens a session whose answer is lost, once or always', async () => {
  const once = createBody(suffixOf('create-lost-reply'));
  const always = createBody(suffixOf('create-lost-reply-always'));

  await expect(caller.create(once)).rejects.toThrow();
  expect((await caller.create(once)).status).toBe(200);
  await expect(caller.create(always)).rejects.toThrow();
  await expect(caller.create(always)).rejects.toThrow();
  expect(sandbox.sessions(String(once.documentId))).toHaveLength(2);
  expect(sandbox.sessions(String(always.documentId))).toHaveLength(2);
  expect(sandbox.calls({ status: null })).toMatchObject([
    { operation: 'create', effect: 'created' },
    { operation: 'create', effect: 'created' },
    { operation: 'create', effect: 'created' },
  ]);
});

test('opens nothing when create is reset before it begins', async () => {
  const body = createBody(suffixOf('create-reset'));

  await expect(caller.create(body)).rejects.toThrow();
  expect(sandbox.sessions()).toHaveLength(0);
  expect((await caller.create(body)).status).toBe(200);
});

test('never answers a call that hangs', async () => {
  const signal = AbortSignal.timeout(200);

  await expect(caller.create(createBody(suffixOf('create-hangs')), { signal })).rejects.toThrow();
  expect(sandbox.calls()).toMatchObject([{ operation: 'create', status: null, effect: null }]);
});

test.each([
  ['create-html', '<!DOCTYPE html>'],
  ['create-html-always', '<!DOCTYPE html>'],
  ['create-empty-object', '{}'],
  ['create-truncated', '{"session"'],
  ['create-no-forms', '{"session"'],
  ['create-no-forms-always', '{"session"'],
  ['create-huge', '{"session"'],
])('%s opens a session but answers 200 with what is none', async (name, start) => {
  const response = await caller.create(createBody(suffixOf(name)));
  const text = await response.text();

  expect(response.status).toBe(200);
  expect(text.startsWith(start)).toBe(true);
  expect(sandbox.sessions()).toHaveLength(1);
  expect(text.includes('frontDocument')).toBe(name === 'create-huge');
  expect(text.length > 5_000_000).toBe(name === 'create-huge');
});
