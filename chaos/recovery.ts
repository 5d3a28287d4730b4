import type { Facts } from './facts';
import type { Kill } from './killer';

/** Events that tell of a worker's work; what callers send and what the server times itself is no progress. */
const WORK = [
  'WORKFLOW_TASK_COMPLETED',
  'ACTIVITY_TASK_STARTED',
  'ACTIVITY_TASK_COMPLETED',
  'ACTIVITY_TASK_FAILED',
] as const;

/** Milliseconds from each kill to the next progress of any verification; a kill that none followed is left out. */
export function recoveryTimes(kills: readonly Kill[], { verifications }: Pick<Facts, 'verifications'>): number[] {
  const progress = verifications.flatMap(({ events, calls }) => [
    ...events.filter(({ type }) => WORK.some((work) => work === type)).map(({ at }) => at),
    ...calls.map(({ at }) => Date.parse(at)),
  ]);
  return kills.flatMap(({ at }) => {
    const next = progress.reduce((soonest, time) => (time > at ? Math.min(soonest, time) : soonest), Infinity);
    return next === Infinity ? [] : [next - at];
  });
}

/** The smallest value that so large a share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
