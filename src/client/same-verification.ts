import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { VerificationInput } from '../contract';
import { inputProblems } from '../validation/input';
import { parseDuration } from '../validation/durations';
import { withDefaults } from '../validation/policy';

/** The argument that the run was started with, as its history keeps it; a reset keeps it, too. */
export async function inputOfRun(client: Client, workflowId: string, runId: string): Promise<unknown> {
  const { namespace, loadedDataConverter } = client.options;
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  const context = { type: 'workflow', namespace, workflowId } as const;
  const [input] = await decodeArrayFromPayloads(loadedDataConverter, started?.input?.payloads, context);
  return input;
}

/** Whether both ask for the same: request and policy after defaults; documents do not count, nor the order of keys. */
export function isSameVerification(found: unknown, asked: VerificationInput): boolean {
  return inputProblems(found).length === 0 && isDeepStrictEqual(essence(found as VerificationInput), essence(asked));
}

function essence({ request, policy }: VerificationInput): unknown {
  const whole = withDefaults(policy);
  const deadlines = [parseDuration(whole.documentsDeadline), parseDuration(whole.resultDeadline)];
  const rest = { ...whole, documentsDeadline: undefined, resultDeadline: undefined };
  // Through JSON, because that is what one of them went through.
  return JSON.parse(JSON.stringify({ request, rest, deadlines }));
}
