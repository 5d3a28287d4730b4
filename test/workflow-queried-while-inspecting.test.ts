/**
 * A query that waits for a worker reaches it with the first workflow task. With a query to answer, the SDK (1.24.0) ends
 * that task before the workflow hears what a local activity came to, and replays it as if the workflow had heard within.
 */
import { startTemporal } from './support/temporal';
import { verificationServer } from './support/time-skipping';
import type { TestVerification } from './support/test-verification';
import { documents, waiting } from './support/verification-input';

const server = verificationServer({ startServer: () => startTemporal({ searchAttributes: [] }) });

test('goes the same way again where a query was answered while documents were inspected', async () => {
  const verifications: TestVerification[] = [];
  const asked: Promise<unknown>[] = [];
  await server.restartWorkers(
    () => undefined,
    async () => {
      for (let count = 0; count < 4; count++) {
        const verification = await server.start(waiting());
        await verification.signal(null);
        await verification.signal(documents('first'));
        asked.push(verification.status());
        verifications.push(verification);
      }
    },
  );
  await Promise.all(asked);
  await Promise.all(verifications.map((one) => one.outcome()));

  for (const verification of verifications) await server.replay(verification);
});
