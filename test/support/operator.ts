import type { VerificationHandle } from '../../src/client';
import type { Place } from './end-to-end';

/** What an operator does to a verification with the plain `temporal` command. */
export class Operator {
  constructor(
    private readonly place: Place,
    private readonly verification: VerificationHandle,
  ) {}

  /** Begins again with the workflow task that scheduled the activity, so that it and all that follows is done again. */
  async resetBefore(activityId: string): Promise<void> {
    const { events } = await this.workflow.fetchHistory();
    const scheduled = (events ?? [])
      .map(({ activityTaskScheduledEventAttributes: attributes }) => attributes)
      .find((attributes) => attributes?.activityId === activityId);
    if (!scheduled) throw new Error(`The history has no ${activityId}.`);
    await this.reset('--event-id', String(scheduled.workflowTaskCompletedEventId));
  }

  /** `temporal workflow reset` with that point. */
  async reset(...point: string[]): Promise<void> {
    await this.place.temporal('workflow', 'reset', ...this.id, ...point, '--reason', 'drill');
  }

  /** `temporal activity COMMAND` on one of its pending activities. */
  async activity(command: string, activityId: string, ...options: string[]): Promise<void> {
    await this.place.temporal('activity', command, ...this.id, '--activity-id', activityId, ...options);
  }

  /** Ends it without letting it run any code. */
  async terminate(): Promise<void> {
    await this.place.temporal('workflow', 'terminate', ...this.id, '--reason', 'drill');
  }

  /** Takes all that Temporal knows of it away. */
  async delete(): Promise<void> {
    await this.place.temporal('workflow', 'delete', ...this.id, '--yes');
  }

  /** Whether its pending activity of that id is paused. */
  async isPaused(activityId: string): Promise<boolean> {
    const { raw } = await this.workflow.describe();
    return (raw.pendingActivities ?? []).some(
      (pending) => pending.activityId === activityId && Boolean(pending.paused),
    );
  }

  private get id(): string[] {
    return ['--workflow-id', this.verification.verificationId];
  }

  private get workflow(): ReturnType<Place['kyc']['temporal']['workflow']['getHandle']> {
    return this.place.kyc.temporal.workflow.getHandle(this.verification.verificationId);
  }
}
