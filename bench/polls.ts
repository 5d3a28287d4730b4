import { pollDelay, type PollSchedule } from '../src/activities/poll-result';
import { SeededRandom } from '../chaos/random';
import { LIMITS } from '../src/limits';
import { median, percentile } from './statistics';

/** What one decision cost: how often Notus was asked, and how long after the decision it was known. */
export interface Polled {
  /** Looks, the one that showed the decision included. */
  looks: number;
  delayMs: number;
}

/** The server retries by timers that it looks at about each second; it is late by up to so much. */
export const RETRY_LATE_MS = 1_000;

/** Follows the schedule from `process` on until a decision that falls after so many milliseconds is seen. */
export function poll(decidedMs: number, schedule: PollSchedule = LIMITS, random = Math.random): Polled {
  let now = 0;
  for (let looks = 0; ;) {
    now += pollDelay(looks, random, schedule) + random() * RETRY_LATE_MS;
    looks += 1;
    if (now >= decidedMs) return { looks, delayMs: now - decidedMs };
  }
}

/** The most looks of many verifications whose decision falls at that very time. */
export function mostLooks(decidedMs: number): number {
  const random = seeded();
  return Math.max(...Array.from({ length: 4_000 }, () => poll(decidedMs, LIMITS, random).looks));
}

export interface PollCost {
  looks: number;
  delayMs: number;
  /** 95 of 100 are known sooner. */
  delay95Ms: number;
}

/** Of many decisions around the same time, since decisions all at one instant would fall in step with the looks. */
export function costOf(aroundMs: number, schedule: PollSchedule = LIMITS): PollCost {
  const random = seeded();
  const polled = Array.from({ length: 4_000 }, () => poll(aroundMs * (0.8 + 0.4 * random()), schedule, random));
  const looks = polled.map((one) => one.looks);
  const delays = polled.map(({ delayMs }) => delayMs);
  return {
    looks: median(looks),
    delayMs: median(delays),
    delay95Ms: percentile(delays, 0.95),
  };
}

/** The same numbers in each run. */
export function seeded(): () => number {
  const random = new SeededRandom(1);
  return () => random.next();
}
