import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { VerificationOutcome } from '../../src/client';
import { useEndToEnd } from './end-to-end';
import { recordedNames, removeHistory, writeHistory } from './histories';
import { RECORDED_ENCRYPTED, RECORDING_KEYS } from './recorded-encrypted';
import { RECORDED_PATHS } from './recorded-paths';
import { RECORDED_RESTARTS } from './recorded-restarts';
import { timeSkippingServer } from './time-skipping';

// Not a test: `npm run record-histories` runs it to record every path anew, from the workflow as it is now.

const server = timeSkippingServer();
const { at } = useEndToEnd();

beforeAll(() => {
  const known = [RECORDED_PATHS, RECORDED_RESTARTS, RECORDED_ENCRYPTED].flatMap((paths) => Object.keys(paths));
  recordedNames()
    .filter((name) => !known.includes(name))
    .forEach(removeHistory);
});

for (const [recordings, options] of [
  [RECORDED_RESTARTS, {}],
  [RECORDED_ENCRYPTED, { keys: RECORDING_KEYS }],
] as const) {
  for (const [name, { ending, play }] of Object.entries(recordings)) {
    test.concurrent(
      name,
      at(async (place) => {
        const { verificationId } = await play(place);
        await record(name, ending, place.kyc.temporal.workflow.getHandle(verificationId));
      }, options),
    );
  }
}

test.each(Object.entries(RECORDED_PATHS))('%s', async (name, { ending, play }) => {
  const { handle } = await play(server);
  await record(name, ending, handle);
});

/** Writes the history of a verification that has come to the ending it should; a recording of another is worth nothing. */
async function record(name: string, ending: string, handle: WorkflowHandle): Promise<void> {
  expect(await endingOf(handle)).toBe(ending);
  writeHistory(name, await handle.fetchHistory());
}

async function endingOf(handle: WorkflowHandle): Promise<string> {
  try {
    return ((await handle.result()) as VerificationOutcome).outcome;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause instanceof ApplicationFailure ? (error.cause.type ?? '') : 'cancelled';
  }
}
