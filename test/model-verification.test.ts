/**
 * Plays made-up sequences of what callers, Notus, operators and time may do against a model of the contract.
 * `FC_SEED` plays other sequences and `FC_RUNS` more of them; `FC_SHRINK` makes a counterexample small first.
 */
import { expectToAgree } from './support/model-sequences';
import { timeSkippingServer } from './support/time-skipping';

const server = timeSkippingServer();

test('goes where the model says, whatever comes', async () => {
  await expectToAgree(server, { seed: 7, numRuns: 50 });
});
