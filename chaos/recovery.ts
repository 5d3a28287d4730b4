import { percentile } from '../bench/statistics';
import type { Facts } from './facts';
import type { Kill } from './killer';
import type { KillKind } from './plan';

/** Events that tell of a worker's work; what callers send and what the server times itself is no progress. */
const WORK = [
  'WORKFLOW_TASK_COMPLETED',
  'ACTIVITY_TASK_STARTED',
  'ACTIVITY_TASK_COMPLETED',
  'ACTIVITY_TASK_FAILED',
] as const;

export interface Recovery {
  kind: KillKind;
  /** Milliseconds from the kill to the next progress of any verification. */
  tookMs: number;
}

/**
 * How long each kill held everything up; one while nothing was in flight, or that no progress followed, is left out.
 * What is written down up to `lastWordsMs` after a kill is taken for the work of its victim.
 */
export function recoveriesFrom(
  kills: readonly Kill[],
  { verifications }: Pick<Facts, 'verifications'>,
  lastWordsMs = 0,
): Recovery[] {
  const progress = verifications.flatMap(({ events, calls }) => [
    ...events.filter(({ type }) => WORK.some((work) => work === type)).map(({ at }) => at),
    ...calls.map(({ at }) => Date.parse(at)),
  ]);
  progress.sort((a, b) => a - b);
  const isInFlight = (at: number): boolean =>
    verifications.some(({ events }) => (events[0]?.at ?? Infinity) <= at && (events.at(-1)?.at ?? 0) >= at);
  const counted = kills.filter(({ at }) => isInFlight(at));
  return counted.flatMap(({ kind, at }) => {
    const next = progress.find((time) => time > at + lastWordsMs);
    return next === undefined ? [] : [{ kind, tookMs: next - at }];
  });
}
/** Such as `p50 0.33 s p95 2.76 s max 2.76 s`. */
export function recoveryLine(recoveries: readonly Recovery[]): string {
  const times = recoveries.map(({ tookMs }) => tookMs);
  const shares = { p50: 0.5, p95: 0.95, max: 1 };
  return Object.entries(shares)
    .map(([name, share]) => `${name} ${inSeconds(percentile(times, share))}`)
    .join(' ');
}

const inSeconds = (milliseconds: number): string =>
  Number.isNaN(milliseconds) ? '-' : `${(milliseconds / 1_000).toFixed(2)} s`;
