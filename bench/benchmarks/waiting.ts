import { setTimeout as sleep } from 'node:timers/promises';
import { DOCUMENTS_SUBMITTED } from '../../src/contract';
import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import { inFlight } from '../load';
import type { Benchmark, Figure, Measured, Plot, Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { memoryOf } from '../process-facts';

const SIZES = [1_000, 10_000];
const SETTLE_MS = 10_000;
const LOOK_MS = 500;
const WIDTH = 50;
const MIB = 2 ** 20;

export const waiting: Benchmark = {
  name: 'waiting',
  measures: 'What verifications that wait for documents cost, and how soon a restarted worker takes them all up.',
  run,
};

/** What so many waiting verifications came to. */
interface Held {
  size: number;
  idle: number;
  opener: number;
  restarted: number;
  readySeconds: number;
  idleReadySeconds: number;
  server: number;
  databaseKiB: number;
  pickedUpPerSecond: number;
  finishedPerSecond: number;
}

async function run(settings: Settings): Promise<Measured> {
  const { quick, size, repeats } = settings;
  const sizes = quick ? [60] : size === undefined ? SIZES : [size];
  const held: Held[] = [];
  for (const many of sizes) {
    for (let round = 0; round < repeats; round++) {
      const one = await Ground.with(settings, (ground) => hold(ground, many));
      tell(
        JSON.stringify(one, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)),
      );
      held.push(one);
    }
  }
  return {
    figures: sizes.flatMap((many) =>
      figuresOf(
        many,
        held.filter((one) => one.size === many),
      ),
    ),
    plots: sizes.length > 1 ? plotsOf(held) : [],
    conditions: ['each waits with its session opened; all get their documents at once; one worker, default options'],
  };
}

async function hold(ground: Ground, size: number): Promise<Held> {
  await ground.use('approved-at-once');
  const serverMemory = (): number => ground.server.pids().reduce((sum, pid) => sum + memoryOf(pid), 0);
  const idleBegan = performance.now();
  const opener = await ground.startWorker();
  const idleReadySeconds = (performance.now() - idleBegan) / 1_000;
  await sleep(SETTLE_MS);
  const idle = memoryOf(opener.pid);
  const [serverBefore, bytesBefore] = [serverMemory(), await ground.server.databaseBytes()];
  const idOf = (index: number): string => `waiting-${index}`;
  await inFlight(size, WIDTH, async (index) => {
    await ground.kyc.start(idOf(index), { request, policy: { documentsDeadline: '30d' } });
  });
  await untilCount(ground, "KycStage = 'awaitingDocuments'", (count) => count === size);
  await sleep(SETTLE_MS);
  const ofOpener = memoryOf(opener.pid);
  const server = serverMemory() - serverBefore;
  const bytes = (await ground.server.databaseBytes()) - bytesBefore;
  await opener.stop(60_000);

  const began = performance.now();
  const restarted = await ground.startWorker();
  const readySeconds = (performance.now() - began) / 1_000;
  await sleep(SETTLE_MS);
  const ofRestarted = memoryOf(restarted.pid);

  const documents = referencesTo(putPhotos(ground.sourceFolder));
  const signalled = performance.now();
  const signalling = inFlight(size, WIDTH, (index) =>
    ground.client.workflow.getHandle(idOf(index)).signal(DOCUMENTS_SUBMITTED, documents),
  );
  await untilCount(ground, "KycStage = 'awaitingDocuments'", (count) => count === 0);
  const pickedUp = performance.now();
  await signalling;
  await untilCount(ground, "KycOutcome = 'approved'", (count) => count === size);
  const finished = performance.now();
  return {
    size,
    idle,
    opener: ofOpener,
    restarted: ofRestarted,
    readySeconds,
    idleReadySeconds,
    server,
    databaseKiB: bytes / 1_024 / size,
    pickedUpPerSecond: (size * 1_000) / (pickedUp - signalled),
    finishedPerSecond: (size * 1_000) / (finished - signalled),
  };
}

/** What the server's list counts, which is a moment behind. */
async function untilCount(ground: Ground, query: string, holds: (count: number) => boolean): Promise<void> {
  for (;;) {
    const { count } = await ground.client.workflow.count(query);
    if (holds(count)) return;
    await sleep(LOOK_MS);
  }
}

function figuresOf(size: number, held: readonly Held[]): Figure[] {
  const of = (label: string, unit: string, value: (one: Held) => number, goal?: Figure['goal']): Figure => ({
    label: `${size} waiting: ${label}`,
    unit,
    values: held.map(value),
    ...(goal === undefined ? {} : { goal }),
  });
  return [
    of('worker restarted, beyond an idle one', 'MiB', ({ restarted, idle }) => restarted - idle, { atMost: 10 }),
    of('worker that opened them all', 'MiB', ({ opener }) => opener, { atMost: 300 }),
    of('worker that opened them all, beyond an idle one', 'MiB', ({ opener, idle }) => opener - idle),
    of('picked up after their signals', '/s', ({ pickedUpPerSecond }) => pickedUpPerSecond, { atLeast: 25 }),
    of('finished', '/s', ({ finishedPerSecond }) => finishedPerSecond),
    of('start of a worker until it is ready', 's', ({ readySeconds }) => readySeconds),
    of('the same with none waiting', 's', ({ idleReadySeconds }) => idleReadySeconds),
    of('memory of the server beyond its start', 'MiB', ({ server }) => server),
    of('database, each', 'KiB', ({ databaseKiB }) => databaseKiB),
  ];
}

function plotsOf(held: readonly Held[]): Plot[] {
  const series = (name: string, value: (one: Held) => number): Plot['series'][number] => ({
    name,
    points: held.map((one): [number, number] => [one.size, value(one)]),
  });
  const x = { label: 'verifications waiting', log: true };
  return [
    {
      name: 'waiting-memory',
      title: 'Memory by verifications waiting',
      x,
      y: { label: 'MiB', log: true },
      series: [
        series('worker that opened them', ({ opener }) => opener),
        series('worker restarted', ({ restarted }) => restarted),
        series('server, beyond its start', ({ server }) => server),
        series('database', ({ databaseKiB, size }) => (databaseKiB * size * 1_024) / MIB),
      ],
    },
  ];
}
