import { CancelledFailure } from '@temporalio/activity';
import { whatWasSent, type PollResultArgs, type Sent } from '../src/activities/poll-result';
import type { Fault, Scenario } from '../src/sandbox/scenario';
import { notusStepsAt, SECRETS, watch } from './support/activity-ground';
import {
  attemptEnvironment,
  delaysOf,
  failureOfRun,
  passTime,
  reportOfRun,
  runAttempts,
  shownBy,
  typesOf,
  virtualClock,
} from './support/attempts';
import { failure } from './support/failure';
import { attemptsOf, NOTHING_SENT, polled } from './support/polling';
import { closedPort } from './support/scripted-server';

virtualClock();

const DOUBT = 30_000;
/** What the step itself warned of, beside the SDK's word that an attempt failed. */
const warnings = ({ logs }: { logs: { level: string; message: string }[] }): string[] =>
  logs.filter(({ level, message }) => level === 'WARN' && message !== 'Activity failed').map(({ message }) => message);

beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => jest.restoreAllMocks());

describe('whether process was sent', () => {
  const at = (attempt: number, restartedAfterMs = 0): Parameters<typeof whatWasSent>[1] => ({
    attempt,
    scheduledTimestampMs: 1_000,
    currentAttemptScheduledTimestampMs: 1_000 + restartedAfterMs,
  });
  const left = (attempt: number, sent: Sent): { attempt: number; sent: Sent } => ({ attempt, sent });

  test.each([
    ['the first attempt of the first schedule', 'never', at(1), undefined, 'never'],
    ['the first attempt after a lost reply', 'perhaps', at(1), undefined, 'perhaps'],
    ['the first attempt after an accepted one', 'accepted', at(1), undefined, 'accepted'],
    ['an attempt after one that was killed before it beat', 'never', at(2), undefined, 'perhaps'],
    ['the same when an earlier schedule had it accepted', 'accepted', at(2), undefined, 'accepted'],
    ['an attempt after one that ended by itself unsent', 'never', at(2), left(1, 'never'), 'never'],
    ['an attempt after a killed one after an unsent one', 'never', at(3), left(1, 'never'), 'perhaps'],
    ['an attempt after a lost reply', 'never', at(2), left(1, 'perhaps'), 'perhaps'],
    ['an attempt long after an accepted one', 'never', at(9), left(2, 'accepted'), 'accepted'],
    ['an activity that an operator reset, details gone', 'never', at(1, 60_000), undefined, 'perhaps'],
    ['an activity that an operator reset, details kept', 'never', at(1, 60_000), left(1, 'never'), 'perhaps'],
    ['a reset one that was accepted', 'never', at(1, 60_000), left(7, 'accepted'), 'accepted'],
  ] as const)('%s', (_, known, info, before, expected) => {
    expect(whatWasSent(known, info, before)).toBe(expected);
  });
});

test('A9: posts process once, takes its empty answer, and looks from the next attempt on: one call an attempt', async () => {
  const { poll, posted, looked, sandbox } = await polled();
  const run = await poll();
  expect(run.result).toMatchObject({ kind: 'completed' });
  expect([posted(), looked(), attemptsOf(run)]).toEqual([1, 3, 4]);
  expect(sandbox.calls({ operation: 'process' })[0]?.status).toBe(204);
});

test('a lost reply is followed by a look, and by no second process', async () => {
  const { poll, posted } = await polled('process-lost-reply');
  const run = await poll();
  expect(run.result).toMatchObject({ kind: 'completed' });
  expect(posted()).toBe(1);
  expect(typesOf(run)).toEqual(['NotusUnavailable', 'NotDecidedYet', 'NotDecidedYet']);
});

test.each(['process-reset', 'process-500-twice', 'process-hangs'])(
  'under %s it is posted again once Notus has said PENDING for 30 s, and not earlier',
  async (scenario) => {
    const { poll, posted, sandbox } = await polled(scenario, { timeoutMs: 200 });
    const run = await poll();
    expect(run.result).toMatchObject({ kind: 'completed' });
    const times = sandbox.calls({ operation: 'process' }).map(({ at }) => Date.parse(at));
    const firstLook = Date.parse(sandbox.calls({ operation: 'get' })[0]?.at ?? '');
    expect((times[1] ?? 0) - firstLook).toBeGreaterThanOrEqual(DOUBT);
    expect((times[1] ?? 0) - firstLook).toBeLessThanOrEqual(DOUBT + 3_000);
    expect(warnings(run)).toEqual(
      Array<string>(posted() - 1).fill('Notus still says PENDING: telling it to process again'),
    );
    expect(sandbox.sessions()[0]?.processCalls).toBe(1);
  },
);

test('a process that is lost twice is posted a third time, each time only after 30 s of PENDING', async () => {
  const scenario: Scenario = { name: 'lost', process: [{ kind: 'reset' }, { kind: 'reset' }] };
  const { poll, posted, sandbox } = await polled(scenario);
  const run = await poll();
  const [first = 0, second = 0, third = 0] = sandbox.calls({ operation: 'process' }).map(({ at }) => Date.parse(at));
  expect([run.result?.kind, posted()]).toEqual(['completed', 3]);
  expect(Math.min(second - first, third - second)).toBeGreaterThanOrEqual(DOUBT);
});

test.each([
  ['a lost one', [{ kind: 'reset' }]],
  ['an outage', Array<Fault>(8).fill({ kind: 'error', status: 503, retryAfter: true })],
] as [string, Fault[]][])('looks begin at short waits once process is accepted after %s', async (_, process) => {
  const { poll } = await polled({ name: 'late', process, looks: 3 });
  const run = await poll();
  expect(run.result).toMatchObject({ kind: 'completed' });
  expect(delaysOf(run).slice(-4)).toEqual([2_000, 3_000, 4_500, 6_750]);
});

test('an accepted process is never posted again, however long Notus says PENDING', async () => {
  const { poll, posted } = await polled({ name: 'status-lag', looks: 60 });
  const run = await poll();
  expect([run.result?.kind, posted()]).toEqual(['completed', 1]);
});

test('a process that Notus accepted and forgot ends with the session', async () => {
  const { poll, posted } = await polled('process-forgotten');
  const run = await poll();
  expect([run.result, posted()]).toEqual([{ kind: 'expired', processed: true }, 1]);
});

test.each([
  ['429', 'process-429-retry-after', [2_000]],
  ['503 with Retry-After', { name: 'busy', process: [{ kind: 'error', status: 503, retryAfter: true }] }, [2_000]],
] as [string, string | Scenario, number[]][])(
  '%s is surely not done: posted again after as long as Notus asks, without a look between',
  async (_, scenario, delays) => {
    const { poll, sandbox } = await polled(scenario);
    const run = await poll();
    expect(run.result).toMatchObject({ kind: 'completed' });
    expect(delaysOf(run).slice(0, 1)).toEqual(delays);
    const operations = sandbox.calls().map(({ operation }) => operation);
    expect(operations.slice(operations.indexOf('process'), operations.indexOf('process') + 3)).toEqual([
      ...['process', 'process', 'get'],
    ]);
  },
);

test('a worker killed in the first attempt leaves no details: the next one looks first', async () => {
  const { poll, posted, looked, notus, sessionId } = await polled();
  await notus.process(sessionId);
  const run = await poll({}, { info: { attempt: 2 } });
  expect([run.result?.kind, posted(), looked()]).toEqual(['completed', 1, 3]);
});

test('a worker killed before it posted: posted once 30 s of PENDING have passed', async () => {
  const { poll, posted, sandbox } = await polled();
  const run = await poll({}, { info: { attempt: 2 } });
  expect([run.result?.kind, posted(), sandbox.sessions()[0]?.processCalls]).toEqual(['completed', 1, 1]);
  const [first] = sandbox.calls({ operation: 'process' });
  expect(Date.parse(first?.at ?? '') - Date.parse('2026-01-15T12:00:00Z')).toBeGreaterThanOrEqual(DOUBT);
});

test('details of the attempt right before that ended unsent: posts at once', async () => {
  const { poll, sandbox } = await polled();
  await poll({}, { info: { attempt: 3, heartbeatDetails: { attempt: 2, sent: 'never' } } });
  expect(sandbox.calls().map(({ operation }) => operation)).toEqual(
    expect.arrayContaining(['process', 'get']) as string[],
  );
  expect(sandbox.calls({ operation: 'process' })[0]?.seq).toBeLessThan(
    sandbox.calls({ operation: 'get' })[0]?.seq ?? 0,
  );
});

test("an operator's activity reset puts the attempt back to 1: it looks, and process is not doubled", async () => {
  const { poll, posted, notus, sessionId } = await polled();
  await notus.process(sessionId);
  const info = { attempt: 1, currentAttemptScheduledTimestampMs: Date.now() + 60_000 };
  const run = await poll({}, { info });
  expect([run.result?.kind, posted()]).toEqual(['completed', 1]);
});

test.each([
  ['never', 1, 'process'],
  ['perhaps', 0, 'get'],
  ['accepted', 0, 'get'],
] as const)('what an earlier schedule knew (%s) decides the first call', async (sent, posts, first) => {
  const ground = await polled();
  if (sent !== 'never') await ground.notus.process(ground.sessionId);
  const before = ground.posted();
  const seq = ground.sandbox.calls().length;
  const run = await ground.poll({ known: { sent, calls: 4 } });
  expect([run.result?.kind, ground.posted() - before]).toEqual(['completed', posts]);
  expect(ground.sandbox.calls()[seq]?.operation).toBe(first);
});

test.each(['process-400-always', 'process-409-always'])(
  'A15: under %s a look decides, and still PENDING means that the uploads are refused',
  async (scenario) => {
    const { poll, posted, looked } = await polled(scenario);
    const run = await poll();
    expect(run.result).toMatchObject({
      kind: 'uploadsRefused',
      message: expect.stringMatching(/refused to process the session \(HTTP 40[09] /) as string,
    });
    expect([posted(), looked(), ...typesOf(run)]).toEqual([1, 1, 'ProcessRefused']);
  },
);

test('A15: documents that were never uploaded are refused by process, and no decision is taken for one', async () => {
  const ground = await polled();
  const { sessionId } = await ground.open();
  const run = await ground.poll({ sessionId });
  expect(run.result).toMatchObject({ kind: 'uploadsRefused' });
});

test('a 409 on a session that is processed already: the look decides, and it is followed to its end', async () => {
  const { poll, posted, sandbox, sessionId } = await polled('process-409-always');
  sandbox.complete(sessionId, 'VERIFYING');
  const run = await poll({}, { before: (attempt) => attempt === 4 && sandbox.complete(sessionId, 'COMPLETED') });
  expect([run.result?.kind, posted()]).toEqual(['completed', 1]);
});

test('a process on a session that has expired ends as EXPIRED', async () => {
  const { poll } = await polled();
  passTime(16 * 60_000);
  expect((await poll()).result).toMatchObject({ kind: 'expired' });
});

test('A29: process at a wrong URL comes back at once as surely not sent', async () => {
  const { sandbox, sessionId } = await polled();
  const steps = notusStepsAt(`${sandbox.apiUrl}/wrong`);
  const run = await runAttempts(steps.pollResult, { sessionId, known: NOTHING_SENT, watch: watch() });
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusKeyRefused', carry: { sent: 'never', calls: 1 } });
  expect(failureOfRun(run).message).toContain('NOTUS_API_URL');
});

test('an outage before process could be posted is told, and what is known goes into the next schedule', async () => {
  const { sessionId, poll, posted } = await polled();
  const steps = notusStepsAt(`http://127.0.0.1:${await closedPort()}/api/v1`);
  const run = await runAttempts(steps.pollResult, { sessionId, known: NOTHING_SENT, watch: watch() });
  const carry = { sent: 'never' as const, calls: run.failed.length };
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusUnavailable', retryInMs: 30_000, carry });
  expect(run.failed.at(-1)?.atMs).toBeLessThanOrEqual(90_000);

  const next = await poll({ known: carry, watch: watch({ known: 'NotusUnavailable' }) });
  expect(failureOfRun(next)).toMatchObject({ type: 'Recovered', nonRetryable: true });
  expect(reportOfRun(next)).toMatchObject({ code: null, carry: { sent: 'accepted', calls: carry.calls + 1 } });

  const last = await poll({ known: { sent: 'accepted', calls: carry.calls + 1 } });
  expect([last.result?.kind, posted()]).toEqual(['completed', 1]);
});

test('a beat while process is under way says that it may have been sent, and a cancellation ends the call', async () => {
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const { notusSteps, sessionId } = await polled('process-hangs', {
    onCall: ({ operation }) => operation === 'process' && arrived(),
  });
  const timers = [
    'setTimeout',
    'clearTimeout',
    'setImmediate',
    'clearImmediate',
    'nextTick',
    'queueMicrotask',
  ] as const;
  jest.useFakeTimers({ doNotFake: [...timers, 'hrtime', 'performance'] });
  const environment = attemptEnvironment();
  const beats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => beats.push(details));
  const args: PollResultArgs = { sessionId, known: NOTHING_SENT, watch: watch() };
  const run = failure(environment.run(notusSteps.pollResult, args));
  await arrival;
  jest.advanceTimersByTime(1_000);
  expect(beats).toEqual([{ attempt: 1, sent: 'perhaps' }]);
  environment.cancel();
  expect(await run).toBeInstanceOf(CancelledFailure);
});

test('A24: nothing that is shown names the person, the key or a URL', async () => {
  for (const scenario of ['process-lost-reply', 'process-400-always', 'process-500-twice', 'process-429-retry-after']) {
    const { poll } = await polled(scenario);
    expect(shownBy(await poll())).not.toMatch(SECRETS);
  }
});
