import { createSession } from '../src/activities/create-session';
import { findNotus } from '../src/activities/find-notus';
import { pollResult, type PollCarry } from '../src/activities/poll-result';
import type { NotusClient } from '../src/notus/client';
import { NotusNetworkError, type Operation } from '../src/notus/errors';
import { REQUEST, watch } from './support/activity-ground';
import { failureOfRun, passTime, reportOfRun, runAttempts, typesOf, virtualClock } from './support/attempts';
import { NOTHING_SENT } from './support/polling';

virtualClock();

const SECOND = 1_000;
const TOLD_WITHIN = 90 * SECOND;
const ACCEPTED: PollCarry = { sent: 'accepted', calls: 1 };

type Notus = Pick<NotusClient, 'createSession' | 'process' | 'getSession'>;

/** A Notus that answers nothing until the time of each call is up, on the virtual clock. */
function hangingFor(timeoutMs: number, sent: 'no' | 'perhaps' = 'perhaps'): Notus {
  const hang = (operation: Operation) => async (): Promise<never> => {
    passTime(timeoutMs);
    throw await Promise.resolve(new NotusNetworkError(operation, 'ETIMEDOUT', sent));
  };
  return { createSession: hang('create'), process: hang('process'), getSession: hang('get') };
}

describe.each([30 * SECOND, 45 * SECOND, 60 * SECOND])('calls that each hang for %i ms', (timeoutMs) => {
  const notus = hangingFor(timeoutMs);

  test.each([
    ['process, and the looks after it', NOTHING_SENT, 'perhaps'],
    ['the looks', ACCEPTED, 'accepted'],
  ] as const)('%s: the outage is told within 90 s', async (_which, known, sent) => {
    const run = await runAttempts(pollResult(notus), { sessionId: 'session', known, watch: watch() });
    expect(reportOfRun(run)).toMatchObject({ code: 'NotusUnavailable', carry: { sent } });
    expect(run.failed.at(-1)?.atMs).toBeLessThanOrEqual(TOLD_WITHIN);
  });

  test('the look for Notus: the outage is told within 90 s', async () => {
    const run = await runAttempts(findNotus(notus), { watch: watch() });
    expect(reportOfRun(run)).toMatchObject({ code: 'NotusUnavailable' });
    expect(run.failed.at(-1)?.atMs).toBeLessThanOrEqual(TOLD_WITHIN);
  });

  test('a create that may have been sent comes back after one call', async () => {
    const run = await runAttempts(createSession(notus), { request: REQUEST, watch: watch() });
    expect(typesOf(run)).toEqual(['Ambiguous']);
    expect(run.failed.at(-1)?.atMs).toBeLessThanOrEqual(TOLD_WITHIN);
  });

  test('a create that can not have been sent: the outage is told within 90 s', async () => {
    const unsent = hangingFor(timeoutMs, 'no');
    const run = await runAttempts(createSession(unsent), { request: REQUEST, watch: watch() });
    expect(failureOfRun(run)).toMatchObject({ type: 'NotusUnavailable', nonRetryable: true });
    expect(run.failed.at(-1)?.atMs).toBeLessThanOrEqual(TOLD_WITHIN);
  });
});
