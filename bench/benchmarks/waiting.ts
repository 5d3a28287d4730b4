import { setTimeout as sleep } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import { DOCUMENTS_SUBMITTED } from '../../src/contract';
import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import { inFlight } from '../load';
import type { Benchmark, Figure, Measured, Plot, Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { memoryOf, memoryOfAll, peakOf } from '../process-facts';
import { median } from '../statistics';
import { millisecondsOf } from '../times';

const { EventType } = temporal.api.enums.v1;

const SIZES = [1_000, 10_000];
/** Node gives memory back some tens of seconds after the last work (V8 collects all then). */
const SETTLE_MS = 60_000;
const LOOK_MS = 500;
const WIDTH = 50;
const STOP_MS = 60_000;
/** Histories that are read for when a worker first heard of the documents. */
const SAMPLE = 200;
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
  /** The most that it ever took. */
  openerPeak: number;
  restarted: number;
  readySeconds: number;
  idleReadySeconds: number;
  server: number;
  databaseKiB: number;
  heardPerSecond: number;
  acceptedPerSecond: number;
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
    plots: sizes.length > 1 ? plotsOf(sizes, held) : [],
    conditions: [
      `each waits with its session opened; all get their documents at once; one worker, default options`,
      `memory ${SETTLE_MS / 1_000} s after the last work, when Node has given back what it can; at its most: before that`,
    ],
  };
}

async function hold(ground: Ground, size: number): Promise<Held> {
  await ground.use('approved-at-once');
  const serverMemory = (): number => memoryOfAll(ground.server.pids());
  const idle = await started(ground);
  const opener = await ground.startWorker();
  const [serverBefore, bytesBefore] = [serverMemory(), await ground.server.databaseBytes()];
  const idOf = (index: number): string => `waiting-${index}`;
  await inFlight(size, WIDTH, async (index) => {
    await ground.kyc.start(idOf(index), { request, policy: { documentsDeadline: '30d' } });
  });
  await untilCount(ground, "KycStage = 'awaitingDocuments'", (count) => count === size);
  await sleep(SETTLE_MS);
  const [ofOpener, openerPeak] = [memoryOf(opener.pid), peakOf(opener.pid)];
  const server = serverMemory() - serverBefore;
  const bytes = (await ground.server.databaseBytes()) - bytesBefore;
  await opener.stop(STOP_MS);

  const restarted = await started(ground);
  await ground.startWorker();
  const documents = referencesTo(putPhotos(ground.sourceFolder));
  const signalled = performance.now();
  const signalling = inFlight(size, WIDTH, (index) =>
    ground.kyc.temporal.workflow.getHandle(idOf(index)).signal(DOCUMENTS_SUBMITTED, documents),
  );
  await untilCount(ground, "KycStage = 'awaitingDocuments'", (count) => count === 0);
  const accepted = performance.now();
  await signalling;
  await untilCount(ground, "KycOutcome = 'approved'", (count) => count === size);
  const finished = performance.now();
  return {
    size,
    idle: idle.memory,
    opener: ofOpener,
    openerPeak,
    restarted: restarted.memory,
    readySeconds: restarted.seconds,
    idleReadySeconds: idle.seconds,
    server,
    databaseKiB: bytes / 1_024 / size,
    heardPerSecond: await heardPerSecond(ground, size, idOf),
    acceptedPerSecond: (size * 1_000) / (accepted - signalled),
    finishedPerSecond: (size * 1_000) / (finished - signalled),
  };
}

/** What a worker takes some time after its start, and how long that start lasted; it is stopped again. */
async function started(ground: Ground): Promise<{ memory: number; seconds: number }> {
  const began = performance.now();
  const worker = await ground.startWorker();
  const seconds = (performance.now() - began) / 1_000;
  await sleep(SETTLE_MS);
  const memory = memoryOf(worker.pid);
  await worker.stop(STOP_MS);
  return { memory, seconds };
}

/** How many a second were taken up by a worker for the first time after their signals, by the histories of some of them. */
async function heardPerSecond(ground: Ground, size: number, idOf: (index: number) => string): Promise<number> {
  const step = Math.max(1, Math.floor(size / SAMPLE));
  const times: { signalled: number; heard: number }[] = [];
  for (let index = 0; index < size; index += step) {
    const { events } = await ground.client.workflow.getHandle(idOf(index)).fetchHistory();
    const first = (type: temporal.api.enums.v1.EventType, from = 0): number =>
      (events ?? []).findIndex(({ eventType }, at) => at >= from && eventType === type);
    const signal = first(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED);
    const task = first(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, signal);
    times.push({
      signalled: millisecondsOf(events?.[signal]?.eventTime),
      heard: millisecondsOf(events?.[task]?.eventTime),
    });
  }
  const from = Math.min(...times.map(({ signalled }) => signalled));
  return (size * 1_000) / (Math.max(...times.map(({ heard }) => heard)) - from);
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
    of('worker that opened them all, at its most', 'MiB', ({ openerPeak }) => openerPeak),
    of('picked up after their signals', '/s', ({ heardPerSecond }) => heardPerSecond, { atLeast: 25 }),
    of('their documents inspected and accepted', '/s', ({ acceptedPerSecond }) => acceptedPerSecond),
    of('finished', '/s', ({ finishedPerSecond }) => finishedPerSecond),
    of('start of a worker until it is ready', 's', ({ readySeconds }) => readySeconds),
    of('the same with none waiting', 's', ({ idleReadySeconds }) => idleReadySeconds),
    of('memory of the server beyond its start', 'MiB', ({ server }) => server),
    of('database, each', 'KiB', ({ databaseKiB }) => databaseKiB),
  ];
}

function plotsOf(sizes: readonly number[], held: readonly Held[]): Plot[] {
  const series = (name: string, value: (one: Held) => number): Plot['series'][number] => ({
    name,
    points: sizes.map((size): [number, number] => [size, median(held.filter((one) => one.size === size).map(value))]),
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
        series('the same, at its most', ({ openerPeak }) => openerPeak),
        series('worker restarted', ({ restarted }) => restarted),
        series('server, beyond its start', ({ server }) => server),
        series('database', ({ databaseKiB, size }) => (databaseKiB * size * 1_024) / MIB),
      ],
    },
  ];
}
