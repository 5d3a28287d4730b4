/**
 * A query that waits for a new worker may bring it events that no workflow task has come for yet; the SDK (1.24.0) plays
 * them at the time of the task before. A worker that then goes on from there must not take another way for it.
 */
import { answerLost } from './support/step-answers';
import { startTemporal } from './support/temporal';
import { verificationServer } from './support/time-skipping';
import { waiting } from './support/verification-input';

const server = verificationServer({
  startServer: () => startTemporal({ searchAttributes: [] }),
  worker: { stickyQueueScheduleToStartTimeout: '1s' },
});

test('waits once before another session is opened, though queries meet workers that come and go', async () => {
  const verifications = await Promise.all(
    Array.from({ length: 4 }, () => server.start(waiting(), (world) => world.next('createSession', answerLost))),
  );
  await Promise.all(verifications.map((one) => one.untilProblem('SessionMayExist')));

  let over = false;
  const asking = verifications.map(async (one) => {
    // A query that a worker leaves behind fails, and is asked again.
    while (!over) await one.status().catch(() => null);
  });
  const fired = (): Promise<boolean[]> => Promise.all(verifications.map(async (one) => (await one.count(FIRED)) > 0));
  while ((await fired()).includes(false)) await server.restartWorkers(() => undefined);
  over = true;
  await Promise.all([...asking, ...verifications.map((one) => one.untilAwaiting())]);

  // The first is the deadline's.
  expect(await Promise.all(verifications.map((one) => one.count(STARTED)))).toEqual(verifications.map(() => 2));
});

const FIRED = 'timerFiredEventAttributes';
const STARTED = 'timerStartedEventAttributes';
