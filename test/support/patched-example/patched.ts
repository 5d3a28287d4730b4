import { patched, upsertMemo } from '@temporalio/workflow';
import type { VerificationInput, VerificationOutcome } from '../../../src/contract';
import { individualVerification as present } from '../../../src/workflows';

/** The same change as it must be made: only runs that come here for the first time write the memo. */
export async function individualVerification(input: VerificationInput): Promise<VerificationOutcome> {
  if (patched('memo-kind')) upsertMemo({ kind: 'individual' });
  return present(input);
}
