import type { PollCarry, PollResultArgs } from '../src/activities/poll-result';
import type { Fault, Scenario, Sequence } from '../src/sandbox/scenario';
import { watch } from './support/activity-ground';
import { failureOfRun, reportOfRun, typesOf, virtualClock } from './support/attempts';
import { polled, type Polled } from './support/polling';

virtualClock();

const SECOND = 1_000;
const APPROVED_WITHOUT_ID = { kind: 'completed', individualId: null, individualIdMissing: true };
const ACCEPTED: PollCarry = { sent: 'accepted', calls: 1 };

/** What the next schedule is told by the one that came back with a report. */
const next = (report: Record<string, unknown>): Pick<PollResultArgs, 'known' | 'watch'> => ({
  known: report.carry as PollCarry,
  watch: watch({ known: report.code as 'NotusKeyRefused' }),
});

beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => jest.restoreAllMocks());

describe('an approval whose individualId is empty', () => {
  const approved = async (get: Scenario['get']): Promise<Polled> => {
    const ground = await polled({ name: 'no individualId', individualId: { always: 'empty' }, get });
    ground.sandbox.complete(ground.sessionId, 'COMPLETED');
    return ground;
  };

  test.each([500, 403])('is not taken away by looks that end with HTTP %i', async (status) => {
    const ground = await approved([{ kind: 'ok' }, ...Array<Fault>(60).fill({ kind: 'error', status })]);
    const run = await ground.poll({ known: ACCEPTED });
    expect(run.result).toEqual(APPROVED_WITHOUT_ID);
    expect(new Set(typesOf(run))).toEqual(new Set(['IndividualIdPending']));
  });

  test('is known to the next schedule, which does not wait another 30 s', async () => {
    const ground = await approved([]);
    const cut = await ground.poll({ known: ACCEPTED }, { scheduleToCloseMs: 29 * SECOND });
    expect([cut.outOfTime, reportOfRun(cut).code]).toEqual([true, null]);
    const run = await ground.poll(next(reportOfRun(cut)));
    expect(run.result).toEqual(APPROVED_WITHOUT_ID);
    expect(run.failed.length).toBeLessThanOrEqual(1);
  });
});

test('a refused process is known to the schedule after an outage: still PENDING means that the uploads are refused', async () => {
  const outage = Array<Fault>(12).fill({ kind: 'error', status: 500 });
  const ground = await polled({ name: 'refused', process: { always: { kind: 'error', status: 409 } }, get: outage });
  const told = await ground.poll();
  expect(failureOfRun(told)).toMatchObject({ type: 'NotusUnavailable', nonRetryable: true });

  const run = await ground.poll(next(reportOfRun(told)));

  expect(run.result).toMatchObject({ kind: 'uploadsRefused' });
  expect(ground.posted()).toBe(1);
});

test('a doubt is known to the schedule after an outage: process is posted again 30 s after it began, not later', async () => {
  const outage = Array<Fault>(12).fill({ kind: 'error', status: 500 });
  const ground = await polled({ name: 'lost', process: [{ kind: 'reset' }], get: [{ kind: 'ok' }, ...outage] });
  const told = await ground.poll();
  expect(reportOfRun(told)).toMatchObject({ carry: { sent: 'perhaps', doubtSince: expect.any(Number) as number } });

  const run = await ground.poll(next(reportOfRun(told)));

  expect(typesOf(run)).toContain('ProcessAgain');
  expect(ground.posted()).toBe(2);
});

test('what was seen last goes to the next schedule', async () => {
  const ground = await polled('never-final');
  const refuse = (attempt: number): void => void (attempt === 4 && ground.sandbox.setApiKey('another-key'));
  const run = await ground.poll({}, { before: refuse });
  expect(reportOfRun(run)).toMatchObject({ code: 'NotusKeyRefused', carry: { notusStatus: 'VERIFYING' } });
});

test.each([
  ['a process that Notus answers with 404', 'never', false],
  ['a look that Notus answers with 404', 'accepted', true],
] as const)('%s: whether the session was processed is told (sent before: %s)', async (_which, sent, processed) => {
  const gone: Sequence<Fault> = { always: { kind: 'error', status: 404 } };
  const ground = await polled({ name: 'gone', process: gone, get: gone });
  const run = await ground.poll({ known: { sent, calls: 1 } });
  expect(run.result).toEqual({ kind: 'expired', processed });
});
