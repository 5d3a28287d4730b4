import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../src/demo/child';
import { tell } from '../../src/demo/screen';
import { dbosVersion } from '../competitors';
import { Ground } from '../ground';
import { inFlight } from '../load';
import { joined, type Benchmark, type Figure, type Measured, type Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { memoryOf } from '../process-facts';
import { shown } from '../results';

const WAITING = 400;
const FINISHED = 200;
/** So many are on their way when a process dies. */
const STRUCK = 10;
const WIDTH = 40;
/** Node gives memory back some tens of seconds after the last work (V8 collects all then). */
const SETTLE_MS = 45_000;
const LOOK_MS = 200;
/** Into the looks of those that are struck. */
const KILL_AFTER_MS = 2_000;
/** How long those of a process that is gone for good are waited for. */
const GONE_MS = 60_000;
const LONGEST_MS = 180_000;

/** A way to do verifications, in one process or more. */
interface Way {
  name: string;
  /** A process of its own; one of the same name takes the place of one that died. */
  start: (process: string) => Promise<Begun>;
  isDecided: (id: string) => Promise<boolean>;
}

interface Begun {
  child: Child;
  /** Begins one by way of this process, if the way has it so. */
  begin: (id: string, withDocuments: boolean) => Promise<void>;
}

export const dbosElsewhere: Benchmark = {
  name: 'dbos',
  measures: 'What DBOS and this project take and give apart from throughput: memory, database, the death of a process.',
  only: 'postgres',
  run,
};

async function run(settings: Settings): Promise<Measured> {
  const rounds: Figure[][] = [];
  for (let round = 0; round < settings.repeats; round++) {
    for (const wayOf of [ours, dbos]) {
      const figures = await Ground.with(settings, (ground) => measure(ground, wayOf(ground)));
      for (const figure of figures) tell(`${figure.label}: ${shown(figure)}`);
      rounds.push(figures);
    }
  }
  return {
    figures: joined(rounds),
    conditions: [
      dbosVersion(),
      `looks each second; those that are struck are decided after 5 looks; ${STRUCK} begun, the process killed ${KILL_AFTER_MS / 1_000} s later`,
      'gone for good: two processes, half of the verifications begun by way of each, one killed and not replaced',
    ],
  };
}

async function measure(ground: Ground, way: Way): Promise<Figure[]> {
  const of = (label: string, unit: string, value: number): Figure => ({
    label: `${way.name}: ${label}`,
    unit,
    values: [value],
  });
  await ground.use({ name: 'bench', looks: 5 });
  let first = await way.start('first');
  await all(way, first, 20);
  const finished = await growth(ground, () => all(way, first, FINISHED));

  const second = await way.start('second');
  const [half, otherHalf] = [await begin(first, STRUCK / 2), await begin(second, STRUCK / 2)];
  await sleep(KILL_AFTER_MS);
  second.child.kill('SIGKILL');
  const gone = await decidedWithin(way, [...half, ...otherHalf], GONE_MS);

  const struck = await begin(first, STRUCK);
  await sleep(KILL_AFTER_MS);
  first.child.kill('SIGKILL');
  const killed = performance.now();
  first = await way.start('first');
  await decidedWithin(way, struck, LONGEST_MS);
  const back = (performance.now() - killed) / 1_000;

  await sleep(SETTLE_MS);
  const before = memoryOf(first.child.pid);
  await inFlight(WAITING, WIDTH, () => first.begin(`kyc-${randomUUID()}`, false));
  await sleep(SETTLE_MS);
  return [
    of('database for each that is finished', 'KiB', finished / 1_024 / FINISHED),
    of(`${STRUCK} on their way, process killed and replaced: all decided after`, 's', back),
    of(`${STRUCK} on their way, one of two processes gone for good: decided after ${GONE_MS / 1_000} s`, '', gone),
    of(
      `${WAITING} waiting for documents: memory of the process beyond before`,
      'MiB',
      memoryOf(first.child.pid) - before,
    ),
  ];
}

/** Bytes that the database grew by. */
async function growth(ground: Ground, work: () => Promise<void>): Promise<number> {
  const before = await ground.server.databaseBytes();
  await work();
  return (await ground.server.databaseBytes()) - before;
}

async function all(way: Way, process: Begun, count: number): Promise<void> {
  await inFlight(count, WIDTH, async () => {
    const [id = ''] = await begin(process, 1);
    await decidedWithin(way, [id], LONGEST_MS);
  });
}

async function begin(process: Begun, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `kyc-${randomUUID()}`);
  await Promise.all(ids.map((id) => process.begin(id, true)));
  return ids;
}

/** How many of them are decided when all are, or when the time is up. */
async function decidedWithin(way: Way, ids: readonly string[], milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const decided = (await Promise.all(ids.map((id) => way.isDecided(id)))).filter(Boolean).length;
    if (decided === ids.length || performance.now() > end) return decided;
    await sleep(LOOK_MS);
  }
}

function ours(ground: Ground): Way {
  const documents = referencesTo(putPhotos(ground.sourceFolder));
  const policy = { documentsDeadline: '30d' };
  const begin = async (id: string, withDocuments: boolean): Promise<void> => {
    await ground.kyc.start(id, withDocuments ? { request, documents } : { request, policy });
  };
  return {
    name: 'this project',
    start: async () => ({ child: await ground.startWorker({ brisk: true }), begin }),
    isDecided: async (id) => (await ground.client.workflow.getHandle(id).describe()).status.name === 'COMPLETED',
  };
}

function dbos(ground: Ground): Way {
  const documents = putPhotos(ground.sourceFolder);
  const { postgresUrl = '' } = ground.server;
  let anyUrl = '';
  return {
    name: 'DBOS',
    start: async (executor) => {
      const { worker, url } = await ground.startDbos(postgresUrl, executor);
      if (executor === 'first') anyUrl = url;
      const begin = async (id: string, withDocuments: boolean): Promise<void> => {
        const body = JSON.stringify({ id, person: request, ...(withDocuments ? { documents } : {}) });
        await fetch(url, { method: 'POST', body });
      };
      return { child: worker, begin };
    },
    isDecided: async (id) => (await (await fetch(`${anyUrl}/${id}`)).text()) === 'SUCCESS',
  };
}
