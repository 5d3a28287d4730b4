import type { NativeConnection } from '@temporalio/worker';
import { STAGES, WORKFLOW_TYPE, type Stage } from './contract';

/** Those of verifications that run. */
export const OPEN_STAGES = STAGES.filter((stage) => stage !== 'closed');

/** How many verifications of the task queue run in each stage, as the server lists them; throws what the server threw. */
export async function openByStage(
  { workflowService }: Pick<NativeConnection, 'workflowService'>,
  { namespace, taskQueue }: { namespace: string; taskQueue: string },
): Promise<Record<string, number>> {
  const counts = await Promise.all(
    OPEN_STAGES.map(async (stage): Promise<[Stage, number]> => {
      // Servers group by no search attribute of ours.
      const running = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
      const query = `${running} AND TaskQueue = '${taskQueue}' AND KycStage = '${stage}'`;
      const { count } = await workflowService.countWorkflowExecutions({ namespace, query });
      return [stage, Number(count)];
    }),
  );
  return Object.fromEntries(counts);
}
