import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { temporal } from '@temporalio/proto';
import type { Child } from '../../src/demo/child';
import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import type { Benchmark, Measured, Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { seeded } from '../polls';
import { percentile } from '../statistics';
import { millisecondsOf } from '../times';

/** So many at a time are on their way, each call of theirs taking so long at Notus. */
const AT_ONCE = 10;
const CALL_MS = 700;
/** From the start of the load to the kill, at most. */
const KILL_WITHIN_MS = 4_000;
const EXIT_WITHIN_MS = 180_000;

/** The identity of the worker whose work made the event, if one's did; the server hands tasks to the dead one, too. */
function workerOf(event: temporal.api.history.v1.IHistoryEvent): string | null | undefined {
  const made =
    event.workflowTaskCompletedEventAttributes ??
    event.activityTaskStartedEventAttributes ??
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes;
  return made?.identity;
}

export const recovery: Benchmark = {
  name: 'recovery',
  measures: 'From kill -9 of the only worker, a new one started at once, to the next progress.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { quick, size, repeats }: Settings): Promise<Measured> {
  const kills = quick ? 2 : (size ?? 20);
  const random = seeded();
  await ground.use({ name: 'bench', delayMs: CALL_MS, create: SLOW, process: SLOW, get: SLOW, upload: SLOW });
  const documents = referencesTo(putPhotos(ground.sourceFolder));
  const [first, each]: [number[][], number[][]] = [[], []];
  let worker = await ground.startWorker({ brisk: true });
  for (let round = 0; round < repeats; round++) {
    const [soonest, all]: [number[], number[]] = [[], []];
    for (let kill = 0; kill < kills; kill++) {
      const ids = Array.from({ length: AT_ONCE }, () => `kyc-${randomUUID()}`);
      await Promise.all(ids.map((id) => ground.kyc.start(id, { request, documents })));
      await sleep(random() * KILL_WITHIN_MS);
      const { killedAt, next } = await replace(ground, worker);
      worker = next;
      const times = await progressAfter(ground, ids, killedAt, next.pid);
      soonest.push(Math.min(...times));
      all.push(...times);
      tell(`kill ${kill + 1}: next progress of any ${soonest.at(-1)} ms, of all ${Math.max(...times)} ms`);
    }
    first.push(soonest);
    each.push(all);
  }
  const share = (rounds: number[][], part: number): number[] => rounds.map((times) => percentile(times, part) / 1_000);
  return {
    figures: [
      { label: 'next progress of any: p50', unit: 's', values: share(first, 0.5) },
      { label: 'next progress of any: p95', unit: 's', values: share(first, 0.95), goal: { atMost: 6 } },
      { label: 'next progress of each that was on its way: p50', unit: 's', values: share(each, 0.5) },
      { label: 'next progress of each that was on its way: p95', unit: 's', values: share(each, 0.95) },
    ],
    conditions: [
      `${kills} kills a round with ${AT_ONCE} verifications on their way; each call takes ${CALL_MS} ms at Notus`,
    ],
  };
}

const SLOW = { always: { kind: 'delay' } } as const;

async function replace(ground: Ground, worker: Child): Promise<{ killedAt: number; next: Child }> {
  const killedAt = Date.now();
  worker.kill('SIGKILL');
  const next = await ground.startWorker({ brisk: true });
  return { killedAt, next };
}

/**
 * Milliseconds from the kill to what the new worker did next for each verification that was not closed by then: an event
 * of its own, or a call, since attempts that are retried leave no event.
 */
async function progressAfter(
  ground: Ground,
  ids: readonly string[],
  killedAt: number,
  newPid: number,
): Promise<number[]> {
  const ends = ids.map((id) => ground.kyc.get(id).outcome({ signal: AbortSignal.timeout(EXIT_WITHIN_MS) }));
  const outcomes = await Promise.all(ends);
  const calls = await ground.calls();
  const times: number[] = [];
  for (const [index, id] of ids.entries()) {
    const ofSession = calls.filter(({ sessionId }) => sessionId === outcomes[index]?.sessionId);
    const { events } = await ground.client.workflow.getHandle(id).fetchHistory();
    const work = (events ?? []).filter((event) => workerOf(event)?.endsWith(`:${newPid}`));
    const happened = work.map(({ eventTime }) => millisecondsOf(eventTime));
    const called = ofSession.map(({ at }) => Date.parse(at));
    const later = [...happened, ...called].filter((time) => time > killedAt);
    if (later.length > 0) times.push(Math.min(...later) - killedAt);
  }
  return times;
}
