import { DefaultLogger, Runtime, Worker, type ReplayResult } from '@temporalio/worker';
import { workerDataConverter } from '../src/data-converter';
import { EncryptionPlugin } from '../src/privacy/plugin';
import { KeyRing } from '../src/privacy/key-ring';
import { readHistory, recordedNames, type History } from './support/histories';
import { RECORDED_ENCRYPTED, RECORDING_KEYS } from './support/recorded-encrypted';
import { RECORDED_PATHS } from './support/recorded-paths';
import { RECORDED_RESTARTS } from './support/recorded-restarts';
import { workflowBundle } from './support/workflow-bundle';

const names = recordedNames();
const replayed = new Map<string, ReplayResult>();

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'off' } } });
  const isEncrypted = (name: string): boolean => name in RECORDED_ENCRYPTED;
  for (const keys of [KeyRing.empty, KeyRing.parse(RECORDING_KEYS)]) {
    const own = names.filter((name) => isEncrypted(name) === (keys.first !== undefined));
    const results = await replay(
      own.map((name) => [name, readHistory(name)]),
      keys,
    );
    results.forEach((result) => replayed.set(result.workflowId, result));
  }
}, 180_000);

test.each(names)('replays %s', (name) => {
  expect(replayed.get(name)).toMatchObject({ workflowId: name });
  expect(replayed.get(name)?.error).toBeUndefined();
});

test.each<[string, (history: History) => void]>([
  ['a step of another name', (history) => rename(history, 'pollResult', 'pollDecision')],
  ['a step fewer', (history) => dropFirstStep(history)],
  ['another order of steps', (history) => rename(history, 'createSession', 'uploadDocument')],
])('refuses a history with %s', async (_how, change) => {
  const history = readHistory('approved-documents-at-start');
  change(history);

  const [result] = await replay([['changed', history]]);

  expect(result?.error).toBeInstanceOf(Error);
});

test('has a recording of every path, and a path for every recording', () => {
  expect(names).toEqual(
    [...Object.keys(RECORDED_PATHS), ...Object.keys(RECORDED_RESTARTS), ...Object.keys(RECORDED_ENCRYPTED)].sort(),
  );
});

async function replay(histories: [string, History][], keys = KeyRing.empty): Promise<ReplayResult[]> {
  const options = {
    workflowBundle: await workflowBundle(keys),
    dataConverter: workerDataConverter,
    plugins: [new EncryptionPlugin(keys)],
  };
  const given = histories.map(([workflowId, history]) => ({ workflowId, history }));
  const results: ReplayResult[] = [];
  for await (const result of Worker.runReplayHistories(options, given)) results.push(result);
  return results;
}

/** Renames the first step of that activity. */
function rename({ events }: History, activity: string, other: string): void {
  const types = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType);
  const type = types.find((one) => one?.name === activity);
  if (!type) throw new Error(`The history has no ${activity}.`);
  type.name = other;
}

/** Takes the scheduling of the first step away, as if the workflow of that day had begun otherwise. */
function dropFirstStep(history: History): void {
  const isStep = history.events?.map((event) => Boolean(event.activityTaskScheduledEventAttributes)) ?? [];
  history.events = history.events?.filter((_, index) => index !== isStep.indexOf(true));
}
