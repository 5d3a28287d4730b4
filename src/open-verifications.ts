import type { NativeConnection } from '@temporalio/worker';
import { STAGES, WORKFLOW_TYPE, type Stage } from './contract';

/** That of a verification that no worker has taken up yet; the first workflow task gives it one of its own. */
export const NEW = 'new';

/** Those of verifications that run. */
export const OPEN_STAGES = [NEW, ...STAGES.filter((stage) => stage !== 'closed')] as const;

/** What the server's list tells the verifications of a stage by. */
export const inStage = (stage: Stage | typeof NEW): string =>
  stage === NEW ? 'KycStage IS NULL' : `KycStage = '${stage}'`;

/** How many verifications of the task queue run in each stage, as the server lists them; throws what the server threw. */
export async function openByStage(
  { workflowService }: Pick<NativeConnection, 'workflowService'>,
  { namespace, taskQueue }: { namespace: string; taskQueue: string },
): Promise<Record<string, number>> {
  const counts = await Promise.all(
    OPEN_STAGES.map(async (stage): Promise<[string, number]> => {
      // Servers group by no search attribute of ours.
      const running = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
      const query = `${running} AND TaskQueue = '${taskQueue}' AND ${inStage(stage)}`;
      const { count } = await workflowService.countWorkflowExecutions({ namespace, query });
      return [stage, Number(count)];
    }),
  );
  return Object.fromEntries(counts);
}
