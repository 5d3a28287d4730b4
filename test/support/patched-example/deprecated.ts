import { deprecatePatch, upsertMemo } from '@temporalio/workflow';
import type { VerificationInput, VerificationOutcome } from '../../../src/contract';
import { individualVerification as present } from '../../../src/workflows';

/** The same once no run from before the change is left, running or closed: the old way is gone from the code. */
export async function individualVerification(input: VerificationInput): Promise<VerificationOutcome> {
  deprecatePatch('memo-kind');
  upsertMemo({ kind: 'individual' });
  return present(input);
}
