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
  return ApplicationFailure.nonRetryable(message, type);
}
