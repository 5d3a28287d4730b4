import { pollDelay } from '../src/activities/poll-result';
import type { Scenario } from '../src/sandbox/server';
import { CANARY_KEY, notusStepsAt, SECRETS, watch } from './support/activity-ground';
import { delaysOf, failureOfRun, reportOfRun, runAttempts, shownBy, typesOf, virtualClock } from './support/attempts';
import type { Run } from './support/attempts';
import { attemptsOf, polled } from './support/polling';

virtualClock();

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const INDIVIDUAL_ID = expect.stringMatching(/^ind_[0-9a-f]{16}$/) as string;
const accepted = { known: { sent: 'accepted', calls: 1 } } as const;
const warnings = (run: Run<unknown>): unknown[] =>
  run.logs.filter(({ level, message }) => level === 'WARN' && message.includes('Notus')).map(({ meta }) => meta.status);

const random = jest.spyOn(Math, 'random');
beforeEach(() => void random.mockReturnValue(0));
afterAll(() => random.mockRestore());

test('A27: gives the individualId of an approved session', async () => {
  const { poll, sandbox } = await polled('approved');
  const { result } = await poll();
  expect(result).toEqual({ kind: 'completed', individualId: INDIVIDUAL_ID, individualIdMissing: false });
  expect(result).toMatchObject({ individualId: sandbox.sessions()[0]?.individualId });
});

test('A10: PENDING, PROCESSING, VERIFYING, COMPLETED is followed to the end', async () => {
  const { poll, looked } = await polled('approved-long-way');
  const run = await poll();
  expect([run.result?.kind, looked()]).toEqual(['completed', 4]);
  expect(run.failed.map(({ message }) => /says \w+|accepted/.exec(message)?.[0])).toEqual([
    ...['accepted', 'says PENDING', 'says PROCESSING', 'says VERIFYING'],
  ]);
});

test('A10: an unknown status is polled on, and warned of once', async () => {
  const { poll } = await polled('unknown-status');
  const run = await poll();
  expect(run.result?.kind).toBe('completed');
  expect(warnings(run)).toEqual(['MANUAL_REVIEW']);
});

test('A4: FAILED right after PENDING is a rejection, with what support asks for', async () => {
  const { poll, looked } = await polled('rejected-at-once');
  const run = await poll();
  expect(run.result).toEqual({ kind: 'failed', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
  expect(looked()).toBe(1);
});

test('A3: a rejection is logged with its session and trace id', async () => {
  const { poll, sessionId } = await polled('rejected');
  const { logs } = await poll();
  expect(logs.find(({ message }) => message === 'Notus has rejected the session')?.meta).toMatchObject({
    sessionId,
    traceId: expect.any(String) as string,
  });
});

test.each(['expired', 'get-404'])('A12: under %s the session is gone, which is no rejection', async (scenario) => {
  const { poll } = await polled(scenario);
  expect((await poll()).result).toEqual({ kind: 'expired', processed: true });
});

test('A29: a 404 of a wrong route is a wrong URL, told at once', async () => {
  const { sandbox, sessionId } = await polled();
  const steps = notusStepsAt(`${sandbox.apiUrl}/wrong`);
  const run = await runAttempts(steps.pollResult, { sessionId, ...accepted, watch: watch() });
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusKeyRefused', carry: { sent: 'accepted', calls: 2 } });
  expect(failureOfRun(run).message).toContain('NOTUS_API_URL');
});

describe('individualId', () => {
  test('absent from the answer is the older answer: approved, and nothing is missing', async () => {
    const { poll, looked } = await polled('individual-id-absent');
    expect((await poll()).result).toEqual({ kind: 'completed', individualId: null, individualIdMissing: false });
    expect(looked()).toBe(3);
  });

  test.each(['individual-id-null-once', 'individual-id-empty-once'])(
    'A27: under %s it is looked at again',
    async (scenario) => {
      const { poll } = await polled(scenario);
      const run = await poll();
      expect(run.result).toEqual({ kind: 'completed', individualId: INDIVIDUAL_ID, individualIdMissing: false });
      expect(typesOf(run).at(-1)).toBe('IndividualIdPending');
    },
  );

  test('A27: empty for 30 s is approved with null, and flagged', async () => {
    const { poll } = await polled('individual-id-never');
    const run = await poll();
    expect(run.result).toEqual({ kind: 'completed', individualId: null, individualIdMissing: true });
    const waited = run.failed.filter(({ type }) => type === 'IndividualIdPending');
    const total = waited.reduce((sum, { delayMs }) => sum + (delayMs ?? 0), 0);
    expect(total).toBeGreaterThan(25 * SECOND);
    expect(total).toBeLessThanOrEqual(30 * SECOND);
  });

  test('empty right before the deadline is not waited for: an approval is never lost to it', async () => {
    const { poll, sandbox, sessionId } = await polled('individual-id-never');
    sandbox.complete(sessionId, 'COMPLETED');
    const run = await poll({ ...accepted, watch: watch({ deadlineAt: Date.now() + 1_500 }) });
    expect(run.result).toEqual({ kind: 'completed', individualId: null, individualIdMissing: true });
    expect(run.failed).toEqual([]);
  });
});

describe('pace', () => {
  test('grows from 2 s by half up to 30 s', async () => {
    const { poll } = await polled({ name: 'looks', looks: 12 });
    const run = await poll();
    expect(delaysOf(run)).toEqual([
      2_000,
      3_000,
      4_500,
      6_750,
      10_125,
      15_188,
      22_781,
      ...Array<number>(6).fill(30_000),
    ]);
  });

  test('jitter only lengthens, by at most a tenth', () => {
    for (let looks = 0; looks < 40; looks += 1) {
      const [least, most] = [pollDelay(looks, () => 0), pollDelay(looks, () => 0.999_999)];
      expect(most).toBeGreaterThan(least);
      expect(most).toBeLessThanOrEqual(Math.ceil(least * 1.1));
    }
  });

  test('goes on where the last schedule was, so that returns do not quicken it', async () => {
    const { poll, notus, sessionId } = await polled({ name: 'looks', looks: 3 });
    await notus.process(sessionId);
    const run = await poll({ known: { sent: 'accepted', acceptedByCall: 1, calls: 20 } });
    expect(delaysOf(run)).toEqual([30_000, 30_000, 30_000]);
  });

  test.each([
    [MINUTE, 10],
    [HOUR, 130],
  ])('A11: a decision that takes %i ms costs at most %i calls, all counted, without any jitter', async (time, most) => {
    const { poll, posted, looked } = await polled({ name: 'seconds', seconds: time / SECOND });
    const run = await poll();
    expect(run.result?.kind).toBe('completed');
    expect(posted() + looked()).toBe(attemptsOf(run));
    expect(attemptsOf(run)).toBeLessThanOrEqual(most);
  });

  test('A11: obeys Retry-After', async () => {
    const { poll } = await polled({ name: 'get-429-retry-after', retryAfterSeconds: 40 });
    const run = await poll();
    expect(run.result?.kind).toBe('completed');
    expect(delaysOf(run)[1]).toBe(40_000);
  });

  test('"not decided yet" is an expected failure, an outage is none', async () => {
    const { poll } = await polled('get-500-twice');
    const run = await poll();
    expect(run.failed.map(({ type, benign }) => [type, benign])).toEqual([
      ['NotDecidedYet', true],
      ['NotusUnavailable', false],
      ['NotusUnavailable', false],
      ['NotDecidedYet', true],
      ['NotDecidedYet', true],
    ]);
  });
});

describe('obstacles', () => {
  test.each(['get-500-twice', 'get-reset', 'get-html', 'get-empty-object', 'get-truncated', 'get-huge'])(
    'A5: %s is retried by the server, and costs no return',
    async (scenario) => {
      const { poll, posted } = await polled(scenario);
      expect([(await poll()).result?.kind, posted()]).toEqual(['completed', 1]);
    },
  );

  test.each([
    ['get-500-always', 'NotusUnavailable'],
    [{ name: 'html', get: { always: { kind: 'malformed', shape: 'html' } } }, 'ProtocolError'],
  ] as [string | Scenario, string][])('A5: %j comes back to be told within 90 s, as %s', async (scenario, code) => {
    const { poll } = await polled(scenario);
    const run = await poll();
    expect(reportOfRun(run)).toMatchObject({ code, carry: { sent: 'accepted', calls: attemptsOf(run) } });
    const began = run.failed.find(({ type }) => type === code)?.atMs ?? 0;
    expect((run.failed.at(-1)?.atMs ?? 0) - began).toBeLessThanOrEqual(90 * SECOND);
  });

  test('a key that is refused while polling is told at once; the end of it is told, too, with the next look', async () => {
    const { poll, sandbox } = await polled('never-final');
    const refuse = (attempt: number): void => void (attempt === 3 && sandbox.setApiKey('another-key'));
    const refused = await poll({}, { before: refuse });
    const carry = { sent: 'accepted', calls: 3 };
    expect(reportOfRun(refused)).toMatchObject({ code: 'NotusKeyRefused', retryInMs: MINUTE, carry });

    sandbox.setApiKey(CANARY_KEY);
    const mended = await poll({ known: { sent: 'accepted', calls: 3 }, watch: watch({ known: 'NotusKeyRefused' }) });
    expect(reportOfRun(mended)).toMatchObject({ code: null, retryInMs: 6_750, carry: { sent: 'accepted', calls: 4 } });
    expect(mended.failed).toHaveLength(1);
  });

  test('a final status needs no word about an obstacle that is gone', async () => {
    const { poll, sandbox, sessionId } = await polled();
    sandbox.complete(sessionId, 'FAILED');
    const run = await poll({ ...accepted, watch: watch({ known: 'NotusUnavailable' }) });
    expect(run.result).toMatchObject({ kind: 'failed' });
  });

  test('in quiet mode neither an obstacle nor its end comes back', async () => {
    const { poll, sandbox } = await polled();
    sandbox.setApiKey('another-key');
    const mend = (attempt: number): void => void (attempt === 3 && sandbox.setApiKey(CANARY_KEY));
    const quiet = watch({ quiet: true, known: 'NotusUnavailable' });
    const run = await poll({ watch: quiet }, { before: mend });
    expect(run.result).toMatchObject({ kind: 'completed' });
    expect(typesOf(run)).toEqual(expect.arrayContaining(['NotusKeyRefused', 'NotDecidedYet']));
  });

  test('an outage that is over is forgotten: the next one is told only when it lasts itself', async () => {
    const fine = Array<{ kind: 'ok' }>(8).fill({ kind: 'ok' });
    const failing = { kind: 'error', status: 500 } as const;
    const { poll } = await polled({ name: 'two outages', looks: 12, get: [failing, ...fine, failing] });
    const run = await poll();
    expect(run.result?.kind).toBe('completed');
    expect(typesOf(run).filter((type) => type === 'NotusUnavailable')).toHaveLength(2);
  });
});

describe('deadline', () => {
  test.each([
    ['never-final', 'VERIFYING', 10 * MINUTE],
    ['unknown-status-forever', 'MANUAL_REVIEW', HOUR],
    ['never-final', 'VERIFYING', 7 * SECOND],
  ])('under %s the last look shows %s within 5 s before it (%i ms)', async (scenario, notusStatus, time) => {
    const { poll } = await polled(scenario);
    const deadlineAt = Date.now() + time;
    const run = await poll({ watch: watch({ deadlineAt }) }, { scheduleToCloseMs: time });
    expect([run.result, run.outOfTime]).toEqual([{ kind: 'undecided', notusStatus }, false]);
    expect(deadlineAt - Date.now()).toBeGreaterThanOrEqual(0);
    expect(deadlineAt - Date.now()).toBeLessThanOrEqual(5 * SECOND);
  });

  test('a decision at the last look counts', async () => {
    const { poll } = await polled({ name: 'seconds', seconds: 57 });
    const run = await poll({ watch: watch({ deadlineAt: Date.now() + MINUTE }) }, { scheduleToCloseMs: MINUTE });
    expect(run.result?.kind).toBe('completed');
  });

  test('an outage comes back instead of waiting past it', async () => {
    const { poll } = await polled('get-500-always');
    const of = { ...accepted, watch: watch({ known: 'NotusUnavailable', deadlineAt: Date.now() + 40 * SECOND }) };
    const run = await poll(of, { scheduleToCloseMs: 40 * SECOND });
    expect([reportOfRun(run).code, run.outOfTime]).toEqual(['NotusUnavailable', false]);
  });
});

test('A24: nothing that is shown names the person, the key or a URL', async () => {
  for (const scenario of ['individual-id-never', 'unknown-status', 'get-403', 'get-html', 'rejected']) {
    const { poll } = await polled(scenario);
    expect(shownBy(await poll())).not.toMatch(SECRETS);
  }
});

test('A6: an operator reads in the pending activity what Notus said last and when the next look is', async () => {
  const { poll } = await polled('approved');
  const { failed } = await poll();
  expect(failed.map(({ message }) => message)).toEqual([
    'Notus has accepted the documents (call 1); next look in 2 s.',
    'Notus says PROCESSING (call 2); next look in 3 s.',
    'Notus says VERIFYING (call 3); next look in 5 s.',
  ]);
});
