import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { ObstacleReport } from '../activities/obstacles';
import { UNDECODABLE } from '../payload-converter';
import { AnswerLost, failure } from './endings';

/** Thrown for a result that no activity of ours gives. */
export class EndedByHand extends Error {}

/** What is said of such a step. */
export const BY_HAND = 'was ended by hand, and not with a result that it can give';

/** Ours end in no other way for good, so a failure of any other type is an operator's. */
export function endedByHand(error: unknown): boolean {
  if (error instanceof EndedByHand) return true;
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return false;
  const isOurs = OUR_FINAL_FAILURES.includes(error.cause.type ?? '') || reportOf(error) !== null;
  return !isOurs && !wasTamperedWith(error) && !ranOutOfTime(error);
}

const OUR_FINAL_FAILURES = ['Ambiguous', 'InvalidRequest', 'DeadlinePassed'];

/** What an activity reported in place of a result: when it came back, or when the server ended it at the deadline. */
export function reportOf<Carry>(error: unknown): ObstacleReport<Carry> | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  const [report] = (error.cause.details ?? []) as (ObstacleReport<Carry> | undefined)[];
  return report !== undefined && report !== null && typeof report === 'object' && 'retryInMs' in report ? report : null;
}

/** Whether the server, or the activity itself, ended it at its deadline. */
export function ranOutOfTime(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause, retryState } = error;
  if (cause instanceof ApplicationFailure && cause.type === 'DeadlinePassed') return true;
  const isOverall = cause instanceof TimeoutFailure && /^SCHEDULE_TO_(CLOSE|START)$/.test(String(cause.timeoutType));
  return isOverall || retryState === 'TIMEOUT';
}

/** Whether the create that failed may have opened a session: told so by the activity, or lost with its worker. */
export function lostAnswer(error: unknown): AnswerLost | null {
  if (!(error instanceof ActivityFailure)) return null;
  const { cause } = error;
  if (cause instanceof ApplicationFailure && cause.type === 'Ambiguous') {
    return new AnswerLost(cause.message, cause.details?.[0] === true);
  }
  if (endedByHand(error)) return new AnswerLost(`The create ${BY_HAND}.`, false);
  if (cause instanceof TimeoutFailure && /^(START_TO_CLOSE|HEARTBEAT)$/.test(String(cause.timeoutType))) {
    return new AnswerLost('The worker was lost while Notus was opening a session.', false);
  }
  return null;
}

/** What the codec could not make sure of, in place of what an activity gave. */
export function isUnreadable(result: unknown): boolean {
  return result === UNDECODABLE;
}

/** Whether what an activity was given, or said of its failure, is not what was written for it. */
export function wasTamperedWith(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return false;
  const { type, details } = error.cause;
  // The same type with a report is Notus's: an answer that was no session for a while.
  return (type === 'ProtocolError' && reportOf(error) === null) || (details ?? []).some(isUnreadable);
}

/** Ends a verification whose own steps can no longer be trusted. */
export function unreadable(step: string): ApplicationFailure {
  const message =
    `What Temporal holds of the step ${step} was altered, or belongs to another verification: ` +
    'find out who can write to its database, then restart the verification.';
  return failure('ProtocolError', message);
}
