import { patched, sleep } from '@temporalio/workflow';
import type { VerificationInput, VerificationOutcome } from '../../../src/contract';
import { individualVerification as present } from '../../../src/workflows';

/** The same change as it must be made: only runs that come here for the first time take the new step. */
export async function individualVerification(input: VerificationInput): Promise<VerificationOutcome> {
  if (patched('new-step')) await sleep(1_000, { summary: 'A new step' });
  return present(input);
}
