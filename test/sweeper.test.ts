import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WORKFLOW_TYPE } from '../src/contract';
import { FolderStore } from '../src/documents/folder-store';
import { ownerOf } from '../src/documents/stored-name';
import { sweep } from '../src/documents/sweep';
import { LIMITS } from '../src/limits';
import { Sweeper, type SweeperOptions } from '../src/sweeper';
import { useTemporal } from './support/temporal';
import { temporaryFolder } from './support/temporary-folder';

const temporal = useTemporal();

let folder: string;
let store: FolderStore;
let told: { reason?: string }[];
let held: number[];

beforeEach(() => {
  folder = temporaryFolder();
  store = new FolderStore(folder);
  told = [];
  held = [];
});

const sweeperWith = (options: Partial<SweeperOptions> = {}): Sweeper => {
  const tell = (facts: object): void => void told.push(facts);
  const tellHeld = (documents: number): void => void held.push(documents);
  const { nativeConnection: connection, namespace } = temporal;
  return new Sweeper({ store, connection, namespace, logger: { info: tell, warn: tell }, tellHeld, ...options });
};

/** Puts a document that was last written so long ago. */
const put = async (verificationId: string, ageMs: number): Promise<string> => {
  const { uri } = await store.put(verificationId, Buffer.from('x'), 100);
  const path = fileURLToPath(uri);
  const then = new Date(Date.now() - ageMs);
  utimesSync(path, then, then);
  return path;
};

const DAY_AND_MORE = LIMITS.sweepAge + 60_000;

/** Starts a verification that no worker takes up, and waits until the server lists it. */
const startVerification = async (): Promise<string> => {
  const workflowId = randomUUID();
  await temporal.client.workflow.start(WORKFLOW_TYPE, { workflowId, taskQueue: randomUUID(), args: [] });
  await untilListed(workflowId, 1);
  return workflowId;
};

const untilListed = async (workflowId: string, count: number): Promise<void> => {
  const query = `WorkflowId = "${workflowId}" AND CloseTime IS NULL`;
  for (const patience = Date.now() + 20_000; ; await sleep(50)) {
    if ((await temporal.client.workflow.count(query)).count === count) return;
    if (Date.now() > patience) throw new Error('the server does not list it');
  }
};

test('removes the old documents of verifications that are closed or never were, and no others', async () => {
  const [running, closed] = [await startVerification(), await startVerification()];
  await temporal.client.workflow.getHandle(closed).terminate();
  await untilListed(closed, 0);
  const kept = await put(running, 90 * LIMITS.sweepAge);
  const fresh = await put(randomUUID(), LIMITS.sweepAge - 60_000);
  const gone = [await put(closed, DAY_AND_MORE), await put(randomUUID(), DAY_AND_MORE)];
  expect(await sweeperWith({ settled: 0 }).sweep()).toEqual({ removed: 2, kept: 1, held: 2 });
  expect([kept, fresh, ...gone].map((path) => existsSync(path))).toEqual([true, true, false, false]);
  expect(readdirSync(folder)).toHaveLength(2);
});

test('leaves the documents of a verification that has just closed to a later sweep, since a reset goes on with its id', async () => {
  const closed = await startVerification();
  await temporal.client.workflow.getHandle(closed).terminate();
  await untilListed(closed, 0);
  const path = await put(closed, DAY_AND_MORE);
  expect(await sweeperWith().sweep()).toEqual({ removed: 0, kept: 1, held: 1 });
  expect(existsSync(path)).toBe(true);
});

test('removes nothing while the server does not tell which verifications run', async () => {
  const path = await put(randomUUID(), DAY_AND_MORE);
  await expect(sweeperWith({ namespace: 'no-such-namespace' }).sweep()).rejects.toThrow();
  expect(existsSync(path)).toBe(true);
});

test('does not ask the server while nothing is old', async () => {
  await put(randomUUID(), 0);
  expect(await sweeperWith({ namespace: 'no-such-namespace' }).sweep()).toEqual({ removed: 0, kept: 0, held: 1 });
});

test('a document that another worker removed meanwhile is not counted', async () => {
  const removing = { owner: ownerOf('v'), modifiedAt: 0, remove: () => Promise.resolve(false) };
  const entries = async function* () {
    yield await Promise.resolve(removing);
  };
  const neededIds = async function* () {
    yield await Promise.resolve('another');
  };
  expect(await sweep({ store: { entries }, neededIds, before: 1 })).toEqual({ removed: 0, kept: 0, held: 0 });
});

test('sweeps again and again until it is stopped, and tells of it, and how many documents are held', async () => {
  const sweeper = sweeperWith({ every: 20 });
  await put(randomUUID(), 0);
  await put(randomUUID(), 0);
  const first = await put(randomUUID(), DAY_AND_MORE);
  sweeper.start();
  await until(() => !existsSync(first));
  const second = await put(randomUUID(), DAY_AND_MORE);
  await until(() => !existsSync(second));
  await until(() => told.length === 2);
  sweeper.stop();
  expect(told).toEqual([
    { removed: 1, kept: 0 },
    { removed: 1, kept: 0 },
  ]);
  expect([...new Set(held)]).toEqual([NaN, 2]);
});

test('ends the sweep it is at when it is stopped, without a word', async () => {
  let looks = 0;
  const endless = {
    entries: async function* () {
      for (;;) {
        looks += 1;
        if (looks === 3) sweeper.stop();
        yield await Promise.resolve({ owner: null, modifiedAt: 0, remove: () => Promise.resolve(true) });
      }
    },
  };
  const sweeper = sweeperWith({ store: endless, every: 1 });
  sweeper.start();
  await until(() => looks === 3);
  await expect(sweeper.sweep()).rejects.toThrow('aborted');
  expect([looks, told]).toEqual([4, []]);
});

test('goes on after a sweep that failed, and says why it did', async () => {
  let sweeps = 0;
  const broken = {
    entries: () => {
      sweeps += 1;
      return store.entries();
    },
  };
  const path = await put(randomUUID(), DAY_AND_MORE);
  const sweeper = sweeperWith({ store: broken, every: 20, namespace: 'no-such-namespace' });
  sweeper.start();
  await until(() => sweeps >= 2 && told.length >= 1);
  sweeper.stop();
  expect(told[0]?.reason).toMatch(/^The Temporal server does not list/);
  expect(new Set(held)).toEqual(new Set([NaN]));
  expect(existsSync(path)).toBe(true);
});

async function until(condition: () => boolean): Promise<void> {
  for (const patience = Date.now() + 20_000; !condition(); await sleep(10)) {
    if (Date.now() > patience) throw new Error('it did not come to that');
  }
}
