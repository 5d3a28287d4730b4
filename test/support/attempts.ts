import type { Info } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

/** How one attempt ended that the server follows by another, or the failure that ended the activity. */
export interface FailedAttempt {
  attempt: number;
  /** Milliseconds since the activity was scheduled. */
  atMs: number;
  type: string;
  message: string;
  benign: boolean;
  /** What the next attempt waited for; null for the last one. */
  delayMs: number | null;
  /** The last heartbeat of this attempt. */
  beat: unknown;
}

/** One schedule of an activity, from its first attempt to its end. */
export interface Run<R> {
  result?: R;
  /** What ended it; undefined when it gave a result in the end. */
  failure?: ApplicationFailure;
  /** True when the server would have ended it, since no further attempt fitted before schedule-to-close. */
  outOfTime: boolean;
  failed: FailedAttempt[];
  logs: { level: string; message: string; meta: Record<string, unknown> }[];
}

/** What an earlier attempt, a killed worker or an operator left behind, and how the driver is stopped. */
export interface Start {
  info?: Partial<Info>;
  scheduleToCloseMs?: number;
  /** Called before each attempt, with its number. */
  before?: (attempt: number) => void;
}

const LOST_ATTEMPT_RETRY_MS = 1_000;
const MOST_ATTEMPTS = 10_000;
const REAL = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

/** Lets time pass in this test file only when a test says so; sockets and timers stay real. */
export function virtualClock(startsAt = '2026-01-15T12:00:00.000Z'): void {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: [...REAL], now: Date.parse(startsAt) }));
  afterEach(() => void jest.useRealTimers());
}

/** Moves the virtual clock on. */
export function passTime(ms: number): void {
  jest.setSystemTime(Date.now() + ms);
}

/**
 * Runs an activity as the server does: attempt after attempt on the virtual clock, each with the heartbeat details of
 * the one before, after the delay that its failure asks for, until it ends.
 */
export async function runAttempts<A, R>(
  activity: (args: A) => Promise<R>,
  args: A,
  { info = {}, scheduleToCloseMs = Infinity, before = () => undefined }: Start = {},
): Promise<Run<R>> {
  const run: Run<R> = { outOfTime: false, failed: [], logs: [] };
  const scheduledAt = Date.now();
  const logger = new DefaultLogger('DEBUG', ({ level, message, meta }) =>
    run.logs.push({ level, message, meta: { ...meta } }),
  );
  let heartbeatDetails: unknown = info.heartbeatDetails;
  let attempt = info.attempt ?? 1;
  for (; attempt < MOST_ATTEMPTS; attempt += 1) {
    const times = { scheduledTimestampMs: scheduledAt, currentAttemptScheduledTimestampMs: Date.now() };
    const environment = new MockActivityEnvironment(
      // An operator's reset concerns the first attempt of the run alone.
      { ...times, ...(run.failed.length === 0 ? info : {}), attempt, heartbeatDetails },
      { logger },
    );
    let beat: unknown;
    environment.on('heartbeat', (details: unknown) => {
      // As a payload: keys that are undefined do not outlive it.
      beat = JSON.parse(JSON.stringify(details)) as unknown;
      heartbeatDetails = beat;
    });
    before(attempt);
    try {
      run.result = await environment.run(activity, args);
      return run;
    } catch (error) {
      const failure = asFailure(error);
      const { type, message } = failure;
      const delayMs = failure.nonRetryable ? null : Number(failure.nextRetryDelay ?? LOST_ATTEMPT_RETRY_MS);
      const benign = failure.category === ApplicationFailureCategory.BENIGN;
      const atMs = Date.now() - scheduledAt;
      run.failed.push({ attempt, atMs, type: type ?? '', message, benign, delayMs, beat });
      if (delayMs === null) return { ...run, failure };
      if (atMs + delayMs >= scheduleToCloseMs) return { ...run, failure, outOfTime: true };
      passTime(delayMs);
    }
  }
  throw new Error(`The activity did not end within ${MOST_ATTEMPTS} attempts.`);
}

/** The surroundings of a single attempt, for tests that reach into it while it runs. */
export function attemptEnvironment(info: Partial<Info> = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

/** The failure a run ended with. */
export function failureOfRun(run: Run<unknown>): ApplicationFailure {
  if (run.failure === undefined) throw new Error('The activity did not fail.');
  return run.failure;
}

/** The first detail of the failure a run ended with: what the activity reports to the workflow. */
export function reportOfRun(run: Run<unknown>): Record<string, unknown> {
  return (failureOfRun(run).details ?? [])[0] as Record<string, unknown>;
}

/** Types of the failed attempts, in order. */
export function typesOf(run: Run<unknown>): string[] {
  return run.failed.map(({ type }) => type);
}

/** Waits between the attempts, in milliseconds. */
export function delaysOf(run: Run<unknown>): number[] {
  return run.failed.flatMap(({ delayMs }) => delayMs ?? []);
}

/** All that a run shows to people: messages, details, beats and logs. */
export function shownBy(run: Run<unknown>): string {
  return JSON.stringify([
    run.failed,
    run.failure?.details ?? null,
    run.logs.map(({ message, meta }) => [message, meta]),
  ]);
}

function asFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({ message, type: error instanceof Error ? error.name : 'unknown' });
}
