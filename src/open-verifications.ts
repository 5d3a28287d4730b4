import type { NativeConnection } from '@temporalio/worker';
import { WORKFLOW_TYPE, type Stage } from './contract';

const STAGES: readonly Stage[] = ['creatingSession', 'awaitingDocuments', 'uploadingDocuments', 'verifying'];

/** How many verifications run in each stage, as the server lists them; throws what the server threw. */
export async function openByStage(
  { workflowService }: Pick<NativeConnection, 'workflowService'>,
  namespace: string,
): Promise<Record<string, number>> {
  const counts = await Promise.all(
    STAGES.map(async (stage): Promise<[Stage, number]> => {
      // Servers group by no search attribute of ours.
      const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' AND KycStage = '${stage}'`;
      const { count } = await workflowService.countWorkflowExecutions({ namespace, query });
      return [stage, Number(count)];
    }),
  );
  return Object.fromEntries(counts);
}
