import { isDeepStrictEqual } from 'node:util';
import {
  VerificationCancelledError,
  VerificationFailedError,
  VerificationTerminatedError,
  type VerificationOutcome,
} from '../src/client';

/** How a verification ended, as `outcome()` tells it. */
export interface Answer {
  /** The outcome's name, `cancelled`, `terminated`, or `failed`. */
  ending: string;
  outcome: VerificationOutcome | null;
}

/** Makes an answer of each way to end; what tells of no end is thrown. */
export async function answerOf(outcome: Promise<VerificationOutcome>): Promise<Answer> {
  try {
    const given = await outcome;
    return { ending: given.outcome, outcome: given };
  } catch (error) {
    if (error instanceof VerificationCancelledError) return { ending: 'cancelled', outcome: null };
    if (error instanceof VerificationTerminatedError) return { ending: 'terminated', outcome: null };
    if (error instanceof VerificationFailedError) return { ending: 'failed', outcome: null };
    throw error;
  }
}

export const isSameAnswer = (a: Answer | null, b: Answer | null): boolean => isDeepStrictEqual(a, b);
