import type { Client } from '@temporalio/client';
import { ENDINGS, STAGES, WORKFLOW_TYPE } from '../contract';

/** Verifications that are alike: in one stage, or closed in one way. */
export interface Group {
  name: string;
  /** A list filter of Temporal. */
  filter: string;
}

/** One run of a verification. */
export interface Run {
  workflowId: string;
  runId: string;
}

/** Running ones matter most; closed ones are still queried, and may be reset. */
export const GROUPS: readonly Group[] = [
  { name: 'running, without a stage yet', filter: 'ExecutionStatus = "Running" AND KycStage IS NULL' },
  ...STAGES.map((stage) => ({
    name: `running, ${stage}`,
    filter: `ExecutionStatus = "Running" AND KycStage = "${stage}"`,
  })),
  ...ENDINGS.map((outcome) => ({
    name: `closed, ${outcome}`,
    filter: `ExecutionStatus != "Running" AND KycOutcome = "${outcome}"`,
  })),
  { name: 'terminated', filter: 'ExecutionStatus = "Terminated"' },
];

/** What is listed of a group at most, so that a namespace of millions is no burden. */
const MOST_LISTED = 5_000;

/** Runs of a group, at most so many, spread evenly from the newest to the oldest that is listed. */
export async function sampleOf(client: Client, { filter }: Group, count: number): Promise<Run[]> {
  const query = `WorkflowType = "${WORKFLOW_TYPE}" AND (${filter})`;
  const found: Run[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 1_000 })) {
    if (found.push({ workflowId, runId }) >= MOST_LISTED) break;
  }
  if (found.length <= count) return found;
  const step = count === 1 ? 0 : (found.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => found[Math.round(index * step)]).filter(
    (run) => run !== undefined,
  );
}
