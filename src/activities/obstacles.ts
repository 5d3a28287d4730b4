import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ProblemCode } from '../contract';
import { LIMITS } from '../limits';
import type { Attempt, Memory } from './attempt';
import { count } from './metrics';

/** What the workflow tells an activity about obstacles, since the server retries without asking the workflow. */
export interface Watch {
  /** The obstacle the workflow knows of already, so that it is not told twice. */
  known: ProblemCode | null;
  /** True once no more returns are allowed: the activity then only retries. */
  quiet: boolean;
  /** Milliseconds since the epoch after which nothing is started any more. */
  deadlineAt: number;
}

/** What an activity that has not come to its end tells the workflow; `code` is null when nothing is in the way. */
export interface ObstacleReport<Carry = unknown> {
  code: ProblemCode | null;
  message: string;
  /** Milliseconds to wait before the activity is scheduled again. */
  retryInMs: number;
  /** What the next schedule must know, by the activity's own rules. */
  carry?: Carry;
}

/** Something in the way that waiting, or somebody's mending, can remove. */
export interface Obstacle {
  code: ProblemCode;
  message: string;
  /** A refusal is told at once and tried again each minute; an outage is told when it lasts. */
  kind: 'refusal' | 'outage';
  retryAfterMs?: number | null;
}

/** The failure that makes the server try again, or that takes the obstacle to the workflow when it is news there. */
export function obstacleFailure(
  obstacle: Obstacle,
  watch: Watch,
  attempt: Attempt<Memory>,
  carry?: unknown,
): ApplicationFailure {
  const now = Date.now();
  const { code, message } = obstacle;
  const since = attempt.facts.troubleSince ?? attempt.startedAt;
  const delay = retryDelay(obstacle, attempt.info.attempt);
  const lasts = obstacle.kind === 'refusal' || now + delay - since >= LIMITS.outageTold;
  count('obstacles', { code });
  const isNews = code !== watch.known && !watch.quiet && lasts;
  if (isNews || now + delay >= watch.deadlineAt) return comeBack({ code, message, retryInMs: delay, carry });
  attempt.remember({ troubleSince: since });
  return tryAgain(code, { code, message: `${message} Next try in ${seconds(delay)}.`, retryInMs: delay, carry });
}

/** Takes the end of a known obstacle to the workflow, from a step that itself is not done yet. */
export function recovered(message: string, retryInMs: number, carry: unknown): ApplicationFailure {
  return comeBack({ code: null, message, retryInMs, carry });
}

/** A failure that the server answers with another attempt; what it reports counts if time runs out before that. */
export function tryAgain(
  type: string,
  report: ObstacleReport,
  category?: ApplicationFailureCategory,
): ApplicationFailure {
  const { message, retryInMs } = report;
  return withoutStack(
    ApplicationFailure.create({ type, message, nextRetryDelay: retryInMs, category, details: [report] }),
  );
}

/** "Not yet": an expected failure, kept out of the error counts. */
export function notYet(type: string, message: string, retryInMs: number, carry: unknown): ApplicationFailure {
  return tryAgain(type, { code: null, message, retryInMs, carry }, ApplicationFailureCategory.BENIGN);
}

/** A failure that ends the activity; the workflow decides by its type. */
export function finalFailure(type: string, message: string, ...details: unknown[]): ApplicationFailure {
  return withoutStack(ApplicationFailure.create({ type, message, nonRetryable: true, details }));
}

/** `4 s`, `2 min`. */
export function seconds(milliseconds: number): string {
  const whole = Math.max(1, Math.round(milliseconds / 1_000));
  return whole < 120 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}

function retryDelay({ kind, retryAfterMs }: Obstacle, attempt: number): number {
  if (kind === 'refusal') return LIMITS.refusedRetry;
  if (typeof retryAfterMs === 'number')
    return Math.min(Math.max(retryAfterMs, LIMITS.outageFirst), LIMITS.retryAfterLongest);
  return Math.min(LIMITS.outageFirst * LIMITS.outageFactor ** Math.min(attempt - 1, 10), LIMITS.outageLongest);
}

function comeBack(report: ObstacleReport): ApplicationFailure {
  return finalFailure(report.code ?? 'Recovered', report.message, report);
}

/** Stacks hold file paths that tell an operator nothing, and stand in full in the Temporal UI. */
function withoutStack(failure: ApplicationFailure): ApplicationFailure {
  failure.stack = '';
  return failure;
}
