import type { PollCarry, PollResult, PollResultArgs } from '../../src/activities/poll-result';
import type { Scenario } from '../../src/sandbox/server';
import { activityGround, watch, type Ground } from './activity-ground';
import { runAttempts, type Run, type Start } from './attempts';

/** What the first schedule for a session knows. */
export const NOTHING_SENT: PollCarry = { sent: 'never', calls: 0 };

/** A session that awaits `process`, under one scenario of the sandbox. */
export interface Polled extends Ground {
  sessionId: string;
  poll: (of?: Partial<PollResultArgs>, start?: Start) => Promise<Run<PollResult>>;
  /** Calls that reached the sandbox for the session. */
  posted: () => number;
  looked: () => number;
}

/** Opens a session, uploads to it, and gives what polls it. */
export async function polled(
  scenario?: string | Scenario,
  options: Parameters<typeof activityGround>[0] = {},
): Promise<Polled> {
  const ground = await activityGround(options);
  if (scenario !== undefined) ground.sandbox.use(scenario);
  const sessionId = await ground.uploaded();
  const calls = (operation: 'process' | 'get'): number => ground.sandbox.calls({ operation, sessionId }).length;
  return {
    ...ground,
    sessionId,
    poll: (of = {}, start = {}) =>
      runAttempts(ground.notusSteps.pollResult, { sessionId, known: NOTHING_SENT, watch: watch(), ...of }, start),
    posted: () => calls('process'),
    looked: () => calls('get'),
  };
}

/** Attempts that a run took, the last one included. */
export function attemptsOf(run: Run<unknown>): number {
  return run.failed.length + (run.failure === undefined ? 1 : 0);
}
