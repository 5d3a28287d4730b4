import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workerDataConverter } from '../src/data-converter';
import { untilStage } from './support/end-to-end';
import { readHistory, type History } from './support/histories';
import { jpegImage } from './support/images';
import { buildVariant } from './support/patched-example/build';
import { useTemporal } from './support/temporal';
import { newId, withVerifications } from './support/verifications';
import { waiting } from './support/verification-input';

// The worked example of docs/deploys.md: one change of the workflow's commands, made in three ways.

// What does not replay is told by the tests, not by the SDK's log.
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'off' } } });
const temporal = useTemporal();
const builds = {} as Record<'unpatched' | 'patched' | 'deprecated', { codePath: string }>;

beforeAll(async () => {
  for (const name of ['unpatched', 'patched', 'deprecated'] as const) builds[name] = await buildVariant(name);
}, 180_000);

const photos = { front: jpegImage({ seed: 1, bytes: 10_000 }), back: jpegImage({ seed: 2, bytes: 10_000 }) };

/** The name of the error that the replay ends with; null if the build makes what the history holds. */
async function replay(workflowBundle: { codePath: string }, history: History): Promise<string | null> {
  const options = { workflowBundle, dataConverter: workerDataConverter };
  for await (const { error } of Worker.runReplayHistories(options, [{ workflowId: 'replayed', history }])) {
    return error?.name ?? null;
  }
  throw new Error('Nothing was replayed.');
}

const historyOf = (client: Client, id: string): Promise<History> => client.workflow.getHandle(id).fetchHistory();

test('a change without patched() does not replay what runs already; with it, it does', async () => {
  const recorded = readHistory('approved-update');
  expect(await replay(builds.unpatched, recorded)).toBe('DeterminismViolationError');
  expect(await replay(builds.patched, recorded)).toBeNull();
  expect(await replay(builds.deprecated, recorded)).toBe('DeterminismViolationError');
});

test('a verification that was begun before the change ends with the patched build, on the old path', async () => {
  await withVerifications(temporal, async ({ kyc, sandbox, withWorker }) => {
    sandbox.use('approved-at-once');
    const verification = await kyc.start(newId(), waiting());
    await withWorker(() => untilStage(verification, 'awaitingDocuments'));

    const outcome = await withWorker(async () => {
      await verification.submitDocuments(photos);
      return verification.outcome();
    }, builds.patched);

    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
    const { events } = await historyOf(temporal.client, verification.verificationId);
    expect(events?.some((event) => event.markerRecordedEventAttributes?.markerName === 'core_patch')).toBe(false);
  });
});

test('one that is begun after the change takes the new path, also once the patch is deprecated', async () => {
  await withVerifications(temporal, async ({ kyc, sandbox, withWorker }) => {
    sandbox.use('approved-at-once');
    const verification = await kyc.start(newId(), waiting());
    await withWorker(() => untilStage(verification, 'awaitingDocuments'), builds.patched);

    const history = await historyOf(temporal.client, verification.verificationId);
    expect(history.events?.some((event) => event.markerRecordedEventAttributes?.markerName === 'core_patch')).toBe(
      true,
    );
    expect(history.events?.some((event) => event.workflowPropertiesModifiedEventAttributes)).toBe(true);
    expect(await replay(builds.deprecated, history)).toBeNull();

    const outcome = await withWorker(async () => {
      await verification.submitDocuments(photos);
      return verification.outcome();
    }, builds.deprecated);
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
  });
});
