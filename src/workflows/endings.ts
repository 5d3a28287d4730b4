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
export class DeadlinePassed extends Error {}

/** The failure of a verification that somebody must look at. */
export function verificationFailure(type: FailureType, message: string): ApplicationFailure {
  return plainFailure(type, message);
}

/** What a caller is answered whose update is not taken. */
export function refusalFailure({ code, message }: { code: ProblemCode; message: string }): ApplicationFailure {
  return plainFailure(code, message);
}

/** A stack tells neither operators nor callers anything, and stands in full in the Temporal UI. */
function plainFailure(type: string, message: string): ApplicationFailure {
  const failure = ApplicationFailure.nonRetryable(message, type);
  failure.stack = '';
  return failure;
}
