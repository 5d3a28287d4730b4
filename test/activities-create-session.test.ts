import { createSession, type CreateSessionArgs, type OpenedSession } from '../src/activities/create-session';
import type { Scenario } from '../src/sandbox/server';
import { activityGround, CANARY_KEY, closing, notusStepsAt, REQUEST, SECRETS, watch } from './support/activity-ground';
import type { Ground } from './support/activity-ground';
import {
  attemptEnvironment,
  delaysOf,
  failureOfRun,
  reportOfRun,
  runAttempts,
  shownBy,
  typesOf,
  virtualClock,
} from './support/attempts';
import type { Run } from './support/attempts';
import { failure } from './support/failure';
import { formAnswer, sessionAnswer } from './support/notus-answers';
import { answeringJson, closedPort } from './support/scripted-server';

virtualClock();

const MINUTE = 60_000;

const args = (of: Partial<CreateSessionArgs> = {}): CreateSessionArgs => ({ request: REQUEST, watch: watch(), ...of });

const create = ({ notusSteps }: Ground, of: Partial<CreateSessionArgs> = {}): Promise<Run<OpenedSession>> =>
  runAttempts(notusSteps.createSession, args(of));

/** A create against a sandbox under one scenario. */
async function createUnder(
  scenario: string | Scenario,
  of: Partial<CreateSessionArgs> = {},
): Promise<{ run: Run<OpenedSession>; ground: Ground }> {
  const ground = await activityGround();
  ground.sandbox.use(scenario);
  return { run: await create(ground, of), ground };
}

const creates = ({ sandbox }: Ground): number => sandbox.calls({ operation: 'create' }).length;

test.each(['seed', 'live-2025-10'] as const)('A1: gives the session and both forms, on profile %s', async (profile) => {
  const ground = await activityGround({ profile });
  const address = { address: 'Rua Exemplo, 1', city: 'Campinas', state: 'SP', postalCode: '13000000' };
  const { result } = await create(ground, { request: { ...REQUEST, ...address } });
  expect(result).toEqual({
    sessionId: ground.sandbox.sessions()[0]?.id,
    status: 'PENDING',
    front: { url: expect.any(String) as string, fields: expect.any(Object) as object, maxBytes: 26_214_400 },
    back: { url: expect.any(String) as string, fields: expect.any(Object) as object, maxBytes: 26_214_400 },
    formsExpireAt: Date.now() + 10 * MINUTE,
  });
});

test('gives no back form where Notus gives none', async () => {
  const ground = await activityGround({ profile: 'live-2025-10' });
  const address = { address: 'Rua Exemplo, 1', city: 'Campinas', state: 'SP', postalCode: '13000000' };
  const { result } = await create(ground, { request: { ...REQUEST, ...address, documentCategory: 'PASSPORT' } });
  expect(result?.back).toBeNull();
});

test('A13: the forms expire by their own policy, on this clock even when that of Notus is ahead', async () => {
  const ground = await activityGround();
  ground.sandbox.advance(5 * MINUTE);
  const { result } = await create(ground);
  expect(result?.formsExpireAt).toBe(Date.now() + 10 * MINUTE);
});

test.each([
  ['create-429-retry-after', [2_000]],
  ['create-503-retry-after', [2_000]],
  [{ name: 'create-429-retry-after', retryAfterSeconds: 40 }, [40_000]],
])('A20: under %j the server tries again, after as long as Notus asks', async (scenario, delays) => {
  const { run, ground } = await createUnder(scenario);
  expect(run.result?.status).toBe('PENDING');
  expect(typesOf(run)).toEqual(['NotusUnavailable']);
  expect(delaysOf(run)).toEqual(delays);
  expect(ground.sandbox.sessions()).toHaveLength(1);
});

test('obeys Retry-After up to ten minutes', async () => {
  const scenario = { name: 'create-503-retry-after', retryAfterSeconds: 7_200 };
  const { run } = await createUnder(scenario, { watch: watch({ known: 'NotusUnavailable' }) });
  expect(delaysOf(run)).toEqual([10 * MINUTE]);
  expect(run.result?.status).toBe('PENDING');
});

test('tells a long Retry-After at once, with the wait it asks for', async () => {
  const { run } = await createUnder({ name: 'create-503-retry-after', retryAfterSeconds: 7_200 });
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusUnavailable', retryInMs: 10 * MINUTE });
  expect(run.failed).toHaveLength(1);
});

test('A20: a refused connection is retried by the server, and comes back to be told within 90 s', async () => {
  const steps = notusStepsAt(`http://127.0.0.1:${await closedPort()}/api/v1`);
  const run = await runAttempts(steps.createSession, args());
  expect(failureOfRun(run)).toMatchObject({ type: 'NotusUnavailable', nonRetryable: true });
  expect(reportOfRun(run)).toEqual({
    code: 'NotusUnavailable',
    message: "Notus can't be reached (ECONNREFUSED).",
    retryInMs: 30_000,
  });
  expect(delaysOf(run)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  expect(run.failed.at(-1)?.atMs).toBeLessThanOrEqual(90_000);
});

test('a known outage is not told again: it is retried, at most 30 s apart, and goes on when Notus is back', async () => {
  const ground = await activityGround();
  ground.sandbox.use({ name: 'busy', create: Array.from({ length: 12 }, () => ({ kind: 'error', status: 429 })) });
  const run = await create(ground, { watch: watch({ known: 'NotusUnavailable' }) });
  expect(run.result?.status).toBe('PENDING');
  expect(delaysOf(run)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, ...Array<number>(7).fill(30_000)]);
});

test('a changed obstacle is told', async () => {
  const { run } = await createUnder('create-403', { watch: watch({ known: 'NotusUnavailable' }) });
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusKeyRefused' });
  expect(run.failed).toHaveLength(1);
});

test('in quiet mode a long outage is only retried', async () => {
  const ground = await activityGround();
  ground.sandbox.use({ name: 'busy', create: Array.from({ length: 12 }, () => ({ kind: 'error', status: 429 })) });
  const run = await create(ground, { watch: watch({ quiet: true }) });
  expect(run.result?.status).toBe('PENDING');
  expect(run.failed).toHaveLength(12);
});

test.each([
  ['create-401', 'NOTUS_API_KEY'],
  ['create-403', 'NOTUS_API_KEY'],
  [{ name: 'gone', create: { always: { kind: 'error', status: 404 } } } satisfies Scenario, 'NOTUS_API_URL'],
  ['create-redirect-302', 'NOTUS_API_URL'],
  ['create-redirect-307', 'NOTUS_API_URL'],
])('A25: %j comes back at once, and names %s', async (scenario, variable) => {
  const { run, ground } = await createUnder(scenario);
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusKeyRefused', retryInMs: MINUTE });
  expect(failureOfRun(run).message).toContain(variable);
  expect([run.failed.length, creates(ground)]).toEqual([1, 1]);
});

test.each([
  ['a known one', { known: 'NotusKeyRefused' } as const],
  ['one in quiet mode', { quiet: true }],
])('A24: a refused key that is %s is tried each minute, and goes on by itself once mended', async (_, of) => {
  const ground = await activityGround();
  ground.sandbox.setApiKey('another-key');
  const mend = (attempt: number): void => {
    if (attempt === 4) ground.sandbox.setApiKey(CANARY_KEY);
  };
  const run = await runAttempts(ground.notusSteps.createSession, args({ watch: watch(of) }), { before: mend });
  expect(run.result?.status).toBe('PENDING');
  expect(delaysOf(run)).toEqual([MINUTE, MINUTE, MINUTE]);
});

test.each([
  ['create-500-twice', 'HTTP 500'],
  ['create-502-html', 'HTTP 502'],
  ['create-lost-reply', 'ECONNRESET'],
  ['create-reset', 'ECONNRESET'],
  [{ name: 'busy', create: [{ kind: 'error', status: 503 }] } satisfies Scenario, 'HTTP 503'],
])('A20: %j may have opened a session: one call, no retry, no claim about a session', async (scenario, fact) => {
  const { run, ground } = await createUnder(scenario);
  expect(failureOfRun(run)).toMatchObject({ type: 'Ambiguous', nonRetryable: true, details: [false] });
  expect(failureOfRun(run).message).toContain(fact);
  expect([run.failed.length, creates(ground)]).toEqual([1, 1]);
});

test('A20: a create that is never answered is ambiguous once its time is up', async () => {
  const ground = await activityGround({ timeoutMs: 200 });
  ground.sandbox.use('create-hangs');
  const run = await create(ground);
  expect(failureOfRun(run)).toMatchObject({ type: 'Ambiguous', details: [false] });
  expect(failureOfRun(run).message).toContain('ETIMEDOUT');
});

test.each(['create-html', 'create-empty-object', 'create-truncated', 'create-no-forms', 'create-huge'])(
  'A16: under %s Notus opened a session but gave none: ambiguous, and known to be no session',
  async (scenario) => {
    const { run, ground } = await createUnder(scenario);
    expect(failureOfRun(run)).toMatchObject({ type: 'Ambiguous', nonRetryable: true, details: [true] });
    expect(ground.sandbox.sessions()).toHaveLength(1);
  },
);

test('A7: fields that Notus has come to require end it with one line each', async () => {
  const ground = await activityGround({ profile: 'live-2025-10' });
  const run = await create(ground);
  const lines = ['address', 'city', 'state', 'postalCode'].map((field) => `request.${field}: Required (Notus)`);
  expect(failureOfRun(run)).toMatchObject({ type: 'InvalidRequest', nonRetryable: true, details: [lines] });
  expect(failureOfRun(run).message).toBe(lines.join('\n'));
});

test('A7: extra fields are sent on unchanged', async () => {
  const seen = closing(await answeringJson({}));
  const steps = notusStepsAt(seen.url);
  const request = { ...REQUEST, motherName: 'Sonora', tags: [1, { deep: null }] };
  await runAttempts(steps.createSession, args({ request }));
  expect(JSON.parse(String(seen.seen[0]?.body))).toEqual(request);
});

test('no wait is planned past the deadline: it comes back instead, although the obstacle is known', async () => {
  const deadlineAt = Date.now() + 20_000;
  const { run } = await createUnder(
    { name: 'create-503-retry-after', retryAfterSeconds: 60 },
    { watch: watch({ known: 'NotusUnavailable', deadlineAt }) },
  );
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusUnavailable', retryInMs: 60_000 });
  expect(run.failed).toHaveLength(1);
});

test('A24: nothing that is shown names the person, the key or a URL', async () => {
  for (const scenario of ['create-403', 'create-400', 'create-lost-reply', 'create-html', 'create-429-retry-after']) {
    const { run } = await createUnder(scenario);
    expect(shownBy(run)).not.toMatch(SECRETS);
  }
});

test('failures carry no stack: it would stand in full in the UI of Temporal', async () => {
  const { run } = await createUnder('create-lost-reply');
  expect(failureOfRun(run).stack).toBe('');
});

test('a create in flight is let finish although the activity is cancelled, so that the session is counted', async () => {
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const ground = await activityGround({ onCall: () => arrived() });
  ground.sandbox.use({ name: 'slow', delayMs: 300 });
  const environment = attemptEnvironment();
  const running = environment.run(ground.notusSteps.createSession, args());
  await arrival;
  environment.cancel();
  expect(await running).toMatchObject({ sessionId: ground.sandbox.sessions()[0]?.id });
});

test('a lost answer is told although the activity is cancelled, so that the possible orphan is counted', async () => {
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const ground = await activityGround({ onCall: () => arrived(), timeoutMs: 400 });
  ground.sandbox.use('create-hangs');
  const environment = attemptEnvironment();
  const running = failure(environment.run(ground.notusSteps.createSession, args()));
  await arrival;
  environment.cancel();
  expect(await running).toMatchObject({ type: 'Ambiguous', nonRetryable: true });
});

test('A19: an identity card whose session has no form for the back is no session: ambiguous', async () => {
  const oneSided = closing(await answeringJson({ session: sessionAnswer(), frontDocument: formAnswer() }));
  const run = await runAttempts(notusStepsAt(oneSided.url).createSession, args());
  expect(failureOfRun(run)).toMatchObject({ type: 'Ambiguous', nonRetryable: true, details: [true] });
  expect(oneSided.seen).toHaveLength(1);
});

test('opens nothing when it is picked up after its deadline', async () => {
  const ground = await activityGround();
  const run = await create(ground, { watch: watch({ deadlineAt: Date.now() }) });
  expect(failureOfRun(run)).toMatchObject({ type: 'DeadlinePassed', nonRetryable: true });
  expect([creates(ground), ground.sandbox.sessions()]).toEqual([0, []]);
});

test('an error that nobody planned for is ambiguous: the call may have been made', async () => {
  const broken = createSession({ createSession: () => Promise.reject(new TypeError('broken')) });
  const run = await runAttempts(broken, args());
  expect(failureOfRun(run)).toMatchObject({ type: 'Ambiguous', nonRetryable: true, details: [false] });
});
