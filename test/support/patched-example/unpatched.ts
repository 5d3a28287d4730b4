import { sleep } from '@temporalio/workflow';
import type { VerificationInput, VerificationOutcome } from '../../../src/contract';
import { individualVerification as present } from '../../../src/workflows';

/** A change of the commands as it must not be made: what runs already has no such timer in its history. */
export async function individualVerification(input: VerificationInput): Promise<VerificationOutcome> {
  await sleep(1_000, { summary: 'A new step' });
  return present(input);
}
