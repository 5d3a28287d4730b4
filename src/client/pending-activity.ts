import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow';
import { optionalTsToDate } from '@temporalio/common/lib/time';

/** The step that the server is trying or will try again, which the workflow itself does not hear of. */
export interface PendingActivity {
  /** One of `activityIds`. */
  activityId: string;
  /** From 1. */
  attempt: number;
  /** What the attempt before came to, in one sentence; null for the first one. */
  lastAnswer: string | null;
  /** ISO time of the next attempt; null while one is under way. */
  nextLookAt: string | null;
  /** Somebody has paused it by hand: it is not tried until it is unpaused. */
  paused: boolean;
}

/** The pending activity that has most to tell, or null. */
export async function pendingActivity(
  client: Client,
  { raw, workflowId }: WorkflowExecutionDescription,
): Promise<PendingActivity | null> {
  const activities = raw.pendingActivities ?? [];
  const activity = activities.find(({ lastFailure }) => lastFailure) ?? activities[0];
  if (activity === undefined) return null;
  const activityId = activity.activityId ?? '';
  const { namespace, loadedDataConverter } = client.options;
  const context = { type: 'activity', namespace, workflowId, activityId, isLocal: false } as const;
  const failure = await decodeOptionalFailureToOptionalError(loadedDataConverter, activity.lastFailure, context);
  // A server names the attempt's own start here while it is under way.
  const nextLook = optionalTsToDate(activity.nextAttemptScheduleTime);
  return {
    activityId,
    attempt: activity.attempt ?? 1,
    lastAnswer: failure?.message ?? null,
    paused: activity.paused ?? false,
    nextLookAt: nextLook && nextLook.getTime() > Date.now() ? nextLook.toISOString() : null,
  };
}
