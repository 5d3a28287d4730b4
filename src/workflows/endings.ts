import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType, OutcomeName, ProblemCode } from '../contract';

/** Thrown where a verification comes to an outcome that is nobody's fault; the workflow turns it into its result. */
export class Ended extends Error {
  constructor(
    readonly outcome: OutcomeName,
    readonly individualId: string | null = null,
    readonly problem: { code: ProblemCode; message: string } | null = null,
  ) {
    super(outcome);
  }
}

/** Thrown by a step when the deadline that bounds it has passed. */
export class DeadlinePassed extends Error {
  constructor(
    /** Whether the step was begun at all. */
    readonly begun = false,
    /** What the step knew last, by its own rules. */
    readonly carry?: unknown,
  ) {
    super('deadline passed');
  }
}

/** Thrown by the create step when Notus may have opened a session that nobody knows the id of. */
export class AnswerLost extends Error {
  constructor(
    message: string,
    /** Whether Notus answered, but not with a session. */
    readonly notASession: boolean,
  ) {
    super(message);
  }
}

/** Fails the verification, or the update of a caller, with words alone: a stack tells neither anything. */
export function failure(type: FailureType | ProblemCode, message: string): ApplicationFailure {
  const plain = ApplicationFailure.nonRetryable(message, type);
  plain.stack = '';
  return plain;
}
