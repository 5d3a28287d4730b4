/**
 * The same with workers that come and go, on a real server: the one that skips time sends queries to a stopped worker
 * for ever. Time is real here, so few sequences are played; the environment is that of model-verification.test.ts.
 */
import { expectToAgree, MOVES_OF_WORKERS } from './support/model-sequences';
import { startTemporal } from './support/temporal';
import { verificationServer } from './support/time-skipping';

const server = verificationServer({
  startServer: () => startTemporal({ searchAttributes: [] }),
  // What was meant for a worker that has gone goes to the next one after so long.
  worker: { stickyQueueScheduleToStartTimeout: '1s' },
});

test('goes where the model says, however often its workers are replaced', async () => {
  await expectToAgree(server, MOVES_OF_WORKERS, { seed: 7, numRuns: 6 });
}, 180_000);
