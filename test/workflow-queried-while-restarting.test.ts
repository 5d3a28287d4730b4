/**
 * A query that waits for a new worker may bring it events that no workflow task has come for yet; the SDK (1.24.0) plays
 * them at the time of the task before. A worker that then goes on from there must not take another way for it: each
 * history is replayed at the end.
 */
import { answerLost, notYet } from './support/step-answers';
import { startTemporal } from './support/temporal';
import type { TestVerification } from './support/test-verification';
import { verificationServer } from './support/time-skipping';
import { complete, waiting } from './support/verification-input';

const server = verificationServer({
  startServer: () => startTemporal({ searchAttributes: [] }),
  worker: { stickyQueueScheduleToStartTimeout: '1s' },
});

test('waits once before another session is opened, though queries meet workers that come and go', async () => {
  const verifications = await Promise.all(
    Array.from({ length: 4 }, () => server.start(waiting(), (world) => world.next('createSession', answerLost))),
  );
  await Promise.all(verifications.map((one) => one.untilProblem('SessionMayExist')));

  let queries: Promise<unknown>[] = [];
  await server.withoutWorkers(async () => {
    queries = verifications.flatMap((one) => QUERIES.map(() => one.status().catch(() => null)));
    while (!(await isTrueOfAll(verifications, (one) => one.count(FIRED)))) continue;
  });
  await Promise.all(queries);
  while (!(await isTrueOfAll(verifications, wentOn))) continue;

  // The first is the deadline's.
  expect(await Promise.all(verifications.map((one) => one.count(STARTED)))).toEqual(verifications.map(() => 2));
}, 180_000);

test('ends at its deadline, though queries tell of the time that ran out before its task does', async () => {
  const verifications = await Promise.all(Array.from({ length: 4 }, startUndecided));

  let queries: Promise<unknown>[] = [];
  await server.withoutWorkers(async () => {
    queries = verifications.flatMap((one) => QUERIES.map(() => one.status().catch(() => null)));
    while (!(await isTrueOfAll(verifications, (one) => one.count(RAN_OUT)))) continue;
  });
  await Promise.all(queries);

  const outcomes = await Promise.all(verifications.map((one) => one.outcome()));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(verifications.map(() => 'timedOut'));
  // A pause for clocks that differ would be of use to a clock that the query had shown older alone.
  expect(await Promise.all(verifications.map((one) => one.count(STARTED)))).toEqual(verifications.map(() => 0));
}, 180_000);

test('tells of one that was ended by force before its last news had been taken in', async () => {
  const verification = await startUndecided();
  await server.withoutWorkers(async () => {
    while ((await verification.count(RAN_OUT)) === 0) continue;
    await verification.terminate();
  });

  // A worker that replays it from the start, and one that has it in memory.
  expect(await verification.status()).toMatchObject({ notusStatus: 'PENDING' });
  expect(await verification.status()).toMatchObject({ notusStatus: 'PENDING' });
}, 180_000);

/** At work on a decision that does not come before its deadline, with a look that finds no worker before that. */
async function startUndecided(): Promise<TestVerification> {
  const input = complete({ resultDeadline: '10s' });
  const verification = await server.start(input, (world) => world.always('pollResult', notYet(5_000)));
  await verification.until(() => verification.world.callsOf('pollResult').length > 0);
  return verification;
}

/** So many that one of them reaches the new worker before the workflow task. */
const QUERIES = [...Array(8).keys()];

/** Looks for Notus, or waits once more. */
async function wentOn(one: TestVerification): Promise<boolean> {
  return (await one.count(SCHEDULED)) > 1 || (await one.count(STARTED)) > 2;
}

async function isTrueOfAll(
  verifications: TestVerification[],
  look: (one: TestVerification) => Promise<unknown>,
): Promise<boolean> {
  return (await Promise.all(verifications.map(look))).every(Boolean);
}

const SCHEDULED = 'activityTaskScheduledEventAttributes';
const RAN_OUT = 'activityTaskTimedOutEventAttributes';
const FIRED = 'timerFiredEventAttributes';
const STARTED = 'timerStartedEventAttributes';
