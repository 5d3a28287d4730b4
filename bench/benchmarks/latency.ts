import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import type { Benchmark, Measured, Settings } from '../measurement';
import { copyPhotos, putPhotos, request } from '../people';
import { percentile } from '../statistics';
import path from 'node:path';

/** Below a quarter of what the servers here carry. */
const PER_SECOND = 3;

export const latency: Benchmark = {
  name: 'latency',
  measures: 'Time from the look that showed the final status to `outcome()` returning at the caller.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { repeats, quick, size }: Settings): Promise<Measured> {
  const count = quick ? 15 : (size ?? 150);
  await ground.startWorker({ brisk: true });
  const rounds: number[][] = [];
  // The first round only warms up.
  for (let round = 0; round <= repeats; round++) {
    const delays = await delaysOf(ground, round === 0 ? 10 : count, PER_SECOND);
    if (round > 0) rounds.push(delays);
    tell(`round ${round}: p50 ${percentile(delays, 0.5)} ms, p99 ${percentile(delays, 0.99)} ms`);
  }
  const share = (part: number): number[] => rounds.map((delays) => percentile(delays, part));
  return {
    figures: [
      { label: 'p50', unit: 'ms', values: share(0.5) },
      { label: 'p99', unit: 'ms', values: share(0.99), goal: { atMost: 250 } },
    ],
    conditions: [`${count} verifications a round, ${PER_SECOND} started a second; deletion of the documents included`],
  };
}

/** Starts so many a second; gives the milliseconds from the last look at each to its outcome at the caller. */
export async function delaysOf(ground: Ground, count: number, perSecond: number): Promise<number[]> {
  await ground.forgetCalls();
  const photos = putPhotos(ground.sourceFolder);
  const returned = new Map<string, number>();
  const one = async (): Promise<void> => {
    const id = `kyc-${randomUUID()}`;
    const documents = copyPhotos(photos, path.join(ground.storeFolder, id));
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
