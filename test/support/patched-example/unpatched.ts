import { upsertMemo } from '@temporalio/workflow';
import type { VerificationInput, VerificationOutcome } from '../../../src/contract';
import { individualVerification as present } from '../../../src/workflows';

/** A change of the commands as it must not be made: what runs already has no such memo in its history. */
export async function individualVerification(input: VerificationInput): Promise<VerificationOutcome> {
  upsertMemo({ kind: 'individual' });
  return present(input);
}
