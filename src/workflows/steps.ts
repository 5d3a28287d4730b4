import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  sleep,
  TemporalFailure,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { DocumentActivities, NotusActivities } from '../activities';
import type { OpenedSession } from '../activities/create-session';
import type { InspectedDocument, Inspection } from '../activities/inspect-documents';
import type { ObstacleReport, Watch } from '../activities/obstacles';
import type { PollCarry, PollResult } from '../activities/poll-result';
import type { UploadResult } from '../activities/upload-document';
import { activityIds, notusTaskQueue, type DocumentReference, type ProblemCode, type Side } from '../contract';
import { LIMITS } from '../limits';
import { DeadlinePassed } from './endings';
import type { LiveSession, VerificationRecord } from './verification-record';

/** Every wait between attempts comes from the activity; the policy only speaks for attempts that were lost. */
const RETRY = { initialInterval: LIMITS.lostAttemptRetry, backoffCoefficient: 1 };

/** A lost answer must reach the workflow, so the server may not repeat a create whose worker died or hung. */
const RETRY_UNLESS_AMBIGUOUS = {
  ...RETRY,
  nonRetryableErrorTypes: ['Ambiguous', 'TemporalTimeout:StartToClose', 'TemporalTimeout:Heartbeat'],
};

const local = proxyLocalActivities<DocumentActivities>({
  startToCloseTimeout: LIMITS.localStartToClose,
  summary: 'Look into the documents',
  retry: { maximumAttempts: 1 },
});

/** The steps of a verification as single calls that end, whatever obstacles they meet on the way. */
export class Steps {
  private returns = 0;

  constructor(private readonly record: VerificationRecord) {}

  createSession(create: number): Promise<OpenedSession> {
    const { request } = this.record;
    const step = 'createSession';
    return this.overObstacles(step, (watch) =>
      proxyActivities<NotusActivities>({
        ...this.notusOptions('Open a session at Notus'),
        activityId: activityIds.createSession(create),
        // The create in flight at the deadline is let finish; the activity starts none after it.
        scheduleToCloseTimeout: this.timeLeft() + LIMITS.notusStartToClose + LIMITS.heartbeatTimeout,
        retry: RETRY_UNLESS_AMBIGUOUS,
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      }).createSession({ request, watch }),
    );
  }

  findNotus(): Promise<void> {
    return this.overObstacles('findNotus', (watch) =>
      proxyActivities<NotusActivities>(this.notusOptions('Wait until Notus answers again')).findNotus({ watch }),
    );
  }

  /** Looks at documents at once where that is quick, else by an activity that the server retries in sight. */
  async inspectDocuments(
    submission: number,
    references: Partial<Record<Side, DocumentReference>>,
  ): Promise<Inspection> {
    try {
      return await local.inspectDocuments({ references, watch: this.watch(null) });
    } catch (error) {
      // The SDK throws what a local activity threw, without an ActivityFailure around it.
      if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    }
    return this.overObstacles('inspectDocuments', (watch) =>
      proxyActivities<DocumentActivities>({
        ...this.documentOptions(LIMITS.inspectStartToClose, 'Inspect the documents'),
        activityId: activityIds.inspectDocuments(submission),
      }).inspectDocuments({ references, watch }),
    );
  }

  uploadDocument(side: Side, session: LiveSession, document: InspectedDocument): Promise<UploadResult> {
    const form = session[side] ?? session.front;
    const formExpiresAt = session.formsExpireAt;
    return this.overObstacles(`upload-${side}`, (watch) =>
      proxyActivities<DocumentActivities>({
        ...this.documentOptions(LIMITS.uploadStartToClose, `Upload the ${side} to Notus`),
        activityId: activityIds.uploadDocument(side, session.number),
      }).uploadDocument({ side, form, formExpiresAt, document, watch }),
    );
  }

  pollResult(session: LiveSession, sent: PollCarry['sent']): Promise<PollResult> {
    const { sessionId, number } = session;
    return this.overObstacles<PollResult, PollCarry>('pollResult', (watch, carry) =>
      proxyActivities<NotusActivities>({
        ...this.notusOptions('Process the session and wait for the decision'),
        activityId: activityIds.pollResult(number),
      }).pollResult({ sessionId, ...(carry ?? { sent, calls: 0 }), watch }),
    );
  }

  /** Holds an outcome up for a bounded time only; what is left then, the sweep of the store finds. */
  async deleteDocuments(uris: string[]): Promise<void> {
    if (uris.length === 0) return;
    const patient = proxyLocalActivities<DocumentActivities>({
      startToCloseTimeout: LIMITS.deletion / 3,
      scheduleToCloseTimeout: LIMITS.deletion,
      summary: 'Delete the documents from the store',
      retry: { initialInterval: LIMITS.lostAttemptRetry, maximumAttempts: 3 },
    });
    await patient.deleteDocuments({ uris }).catch(() => undefined);
  }

  /**
   * Schedules a step again each time it comes back with an obstacle, so that the obstacle can be told meanwhile; throws
   * `DeadlinePassed` when time is up.
   */
  private async overObstacles<R, Carry = never>(
    step: string,
    schedule: (watch: Watch, carry: Carry | undefined) => Promise<R>,
  ): Promise<R> {
    let known: ProblemCode | null = null;
    let carry: Carry | undefined;
    for (;;) {
      if (this.record.left === 0) throw new DeadlinePassed();
      try {
        const result = await schedule(this.watch(known), carry);
        this.record.overcome(step);
        return result;
      } catch (error) {
        const report = reportOf<Carry>(error);
        if (report?.code) this.record.meet(step, report.code, report.message);
        if (ranOutOfTime(error)) throw new DeadlinePassed();
        if (report === null) throw error;
        if (report.code === null) this.record.overcome(step);
        this.returns += 1;
        known = report.code;
        carry = report.carry ?? carry;
        await sleep(Math.min(report.retryInMs, this.record.left), { summary: `${step}: wait, then try again` });
      }
    }
  }

  private watch(known: ProblemCode | null): Watch {
    const { deadline } = this.record;
    return { known, quiet: this.returns >= LIMITS.obstacleReturns, deadlineAt: deadline };
  }

  private timeLeft(): number {
    return Math.max(1, this.record.left);
  }

  private notusOptions(summary: string): ActivityOptions {
    return {
      taskQueue: notusTaskQueue(workflowInfo().taskQueue),
      startToCloseTimeout: LIMITS.notusStartToClose,
      scheduleToCloseTimeout: this.timeLeft(),
      heartbeatTimeout: LIMITS.heartbeatTimeout,
      retry: RETRY,
      cancellationType: 'TRY_CANCEL',
      summary,
    };
  }

  private documentOptions(startToCloseTimeout: number, summary: string): ActivityOptions {
    return {
      startToCloseTimeout,
      scheduleToCloseTimeout: this.timeLeft(),
      heartbeatTimeout: LIMITS.heartbeatTimeout,
      retry: RETRY,
      cancellationType: 'TRY_CANCEL',
      summary,
    };
  }
}

/** What an activity reported in place of a result, whether it gave up by itself or the server did at the deadline. */
function reportOf<Carry>(error: unknown): ObstacleReport<Carry> | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  const [report] = (error.cause.details ?? []) as (ObstacleReport<Carry> | undefined)[];
  return report !== undefined && report !== null && typeof report === 'object' && 'retryInMs' in report ? report : null;
}

function ranOutOfTime(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const timeout = error.cause?.name === 'TimeoutFailure' ? (error.cause as { timeoutType?: string }).timeoutType : null;
  return error.retryState === 'TIMEOUT' || timeout === 'SCHEDULE_TO_CLOSE';
}
