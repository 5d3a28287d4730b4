import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import type { Benchmark, Measured, Settings } from '../measurement';
import { photosOf, request } from '../people';
import { median, percentile } from '../statistics';

/** Below a quarter of what the servers here carry. */
const PER_SECOND = 3;
/** How often a brisk worker looks. */
const BRISK_MS = 1_000;

export const latency: Benchmark = {
  name: 'latency',
  measures: 'Time from the look that showed the final status to `outcome()` returning at the caller.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { repeats, quick, size }: Settings): Promise<Measured> {
  const count = quick ? 15 : (size ?? 150);
  await ground.startWorker({ brisk: true });
  const rounds: number[][] = [];
  const late: number[][] = [];
  // The first round only warms up.
  for (let round = 0; round <= repeats; round++) {
    const delays = await delaysOf(ground, round === 0 ? 10 : count, PER_SECOND);
    if (round > 0) rounds.push(delays);
    if (round > 0) late.push(await lateness(ground));
    tell(`round ${round}: p50 ${percentile(delays, 0.5)} ms, p99 ${percentile(delays, 0.99)} ms`);
  }
  const share = (part: number): number[] => rounds.map((delays) => percentile(delays, part));
  return {
    figures: [
      { label: 'p50', unit: 'ms', values: share(0.5) },
      { label: 'p99', unit: 'ms', values: share(0.99), goal: { atMost: 250 } },
      { label: 'retry timer of the server later than asked for: median', unit: 'ms', values: late.map(median) },
      {
        label: 'retry timer of the server later than asked for: 95 of 100',
        unit: 'ms',
        values: late.map((values) => percentile(values, 0.95)),
      },
    ],
    conditions: [`${count} verifications a round, ${PER_SECOND} started a second; deletion of the documents included`],
  };
}

/** How much later than after the second that was asked for each look came. */
async function lateness(ground: Ground): Promise<number[]> {
  return [...(await ground.callsOfSessions()).values()].flatMap((ofOne) => {
    const times = ofOne.filter(({ operation }) => operation === 'get').map(({ at }) => Date.parse(at));
    return times.slice(1).map((time, index) => time - (times[index] ?? time) - BRISK_MS);
  });
}

/** Starts so many a second; gives the milliseconds from the last look at each to its outcome at the caller. */
export async function delaysOf(ground: Ground, count: number, perSecond: number): Promise<number[]> {
  await ground.forgetCalls();
  const photos = photosOf();
  const returned = new Map<string, number>();
  const one = async (): Promise<void> => {
    const id = `kyc-${randomUUID()}`;
    const documents = await ground.store(photos);
    const verification = await ground.kyc.start(id, { request, documents });
    const { sessionId } = await verification.outcome();
    returned.set(sessionId ?? '', Date.now());
  };
  const all: Promise<void>[] = [];
  for (let started = 0; started < count; started++) {
    all.push(one());
    await sleep(1_000 / perSecond);
  }
  await Promise.all(all);
  const looks = await ground.calls('operation=get');
  const last = new Map(looks.map(({ sessionId, at }) => [sessionId ?? '', Date.parse(at)]));
  return [...returned].map(([sessionId, at]) => at - (last.get(sessionId) ?? NaN));
}
