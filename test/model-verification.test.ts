/**
 * Plays made-up sequences of what callers, Notus, operators and time may do against a model of the contract.
 * `KYC_MODEL_SEED` plays other sequences, `KYC_MODEL_RUNS` more of them (with jest's `--testTimeout`), and
 * `KYC_MODEL_SHRINK=1` makes a counterexample small, which takes minutes.
 */
import { expectToAgree, MOVES_IN_TIME } from './support/model-sequences';
import { timeSkippingServer } from './support/time-skipping';

const server = timeSkippingServer({ worker: { maxCachedWorkflows: 1 } });

test('goes where the model says, whatever comes', async () => {
  await expectToAgree(server, MOVES_IN_TIME, { seed: 7, numRuns: 30 });
}, 180_000);
