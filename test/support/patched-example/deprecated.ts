import { deprecatePatch, sleep } from '@temporalio/workflow';
import type { VerificationInput, VerificationOutcome } from '../../../src/contract';
import { individualVerification as present } from '../../../src/workflows';

/** The same once no run from before the change is left, running or closed: the old way is gone from the code. */
export async function individualVerification(input: VerificationInput): Promise<VerificationOutcome> {
  deprecatePatch('new-step');
  await sleep(1_000, { summary: 'A new step' });
  return present(input);
}
