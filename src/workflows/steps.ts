import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  sleep,
  TimeoutFailure,
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
import { UNDECODABLE } from '../payload-converter';
import { AnswerLost, DeadlinePassed, failure } from './endings';
import type { LiveSession, VerificationRecord } from './verification-record';

/** Every wait between attempts comes from the activity; the policy only speaks for attempts that were lost. */
const RETRY = { initialInterval: LIMITS.lostAttemptRetry, backoffCoefficient: 1 };

/** A lost answer must reach the workflow, so the server may not repeat a create whose worker died or hung. */
const RETRY_UNLESS_AMBIGUOUS = {
  ...RETRY,
  nonRetryableErrorTypes: ['Ambiguous', 'TemporalTimeout:StartToClose', 'TemporalTimeout:Heartbeat'],
};

/** What can't be deleted in this time is left behind; it may not hold anything up for longer. */
const DELETION = {
  startToCloseTimeout: LIMITS.deletion / 3,
  scheduleToCloseTimeout: LIMITS.deletion,
  retry: { initialInterval: LIMITS.lostAttemptRetry, maximumAttempts: 3 },
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
        scheduleToStartTimeout: this.timeLeft(),
        retry: RETRY_UNLESS_AMBIGUOUS,
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      })
        .createSession({ request, watch })
        .catch((error: unknown) => {
          throw lostAnswer(error) ?? error;
        }),
    );
  }

  findNotus(): Promise<void> {
    return this.overObstacles('findNotus', (watch) =>
      proxyActivities<NotusActivities>({
        ...this.notusOptions('Wait until Notus answers again'),
        activityId: activityIds.findNotus(this.record.possibleOrphanSessions),
      }).findNotus({ watch }),
    );
  }

  /** Looks at documents at once where that is quick, else by an activity that the server retries in sight. */
  async inspectDocuments(
    submission: number,
    references: Partial<Record<Side, DocumentReference>>,
  ): Promise<Inspection> {
    try {
      const inspection = await local.inspectDocuments({ references, watch: this.watch(null) });
      if (!isUnreadable(inspection)) return inspection;
    } catch (error) {
      // The SDK throws what a local activity threw, without an ActivityFailure around it.
      if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    }
    return this.overObstacles('inspectDocuments', (watch) =>
      proxyActivities<DocumentActivities>({
        ...this.options('Inspect the documents'),
        startToCloseTimeout: LIMITS.inspectStartToClose,
        activityId: activityIds.inspectDocuments(submission),
      }).inspectDocuments({ references, watch }),
    );
  }

  uploadDocument(side: Side, session: LiveSession, document: InspectedDocument): Promise<UploadResult> {
    const form = session[side];
    if (form === null) throw new TypeError(`The session has no form for the ${side}.`);
    const formExpiresAt = session.formsExpireAt;
    return this.overObstacles(`upload-${side}`, (watch) =>
      proxyActivities<DocumentActivities>({
        ...this.options(`Upload the ${side} to Notus`),
        startToCloseTimeout: LIMITS.uploadStartToClose,
        activityId: activityIds.uploadDocument(side, session.number),
      }).uploadDocument({ side, form, formExpiresAt, document, watch }),
    );
  }

  pollResult(session: LiveSession, sent: PollCarry['sent']): Promise<PollResult> {
    const { sessionId, number } = session;
    return this.overObstacles<PollResult, PollCarry>('pollResult', (watch, carry) => {
      this.record.notusStatus = carry?.notusStatus ?? this.record.notusStatus;
      return proxyActivities<NotusActivities>({
        ...this.notusOptions('Process the session and wait for the decision'),
        activityId: activityIds.pollResult(number),
      }).pollResult({ sessionId, known: carry ?? { sent, calls: 0 }, watch });
    });
  }

  /** Deletes a rejected attempt's documents while the verification goes on. */
  async deleteRejected(uris: string[]): Promise<void> {
    if (uris.length === 0) return;
    const activityId = activityIds.deleteDocuments(this.record.attempt);
    const options = { ...this.options('Delete the rejected documents from the store'), ...DELETION, activityId };
    await proxyActivities<DocumentActivities>(options).deleteDocuments({ uris }).catch(unlessCancelled);
  }

  /** Holds an outcome up for a bounded time only. Nothing else may go on meanwhile, since a local activity takes it. */
  async deleteDocuments(uris: string[]): Promise<void> {
    if (uris.length === 0) return;
    const options = { ...DELETION, summary: 'Delete the documents from the store' };
    await proxyLocalActivities<DocumentActivities>(options)
      .deleteDocuments({ uris })
      .catch(() => undefined);
  }

  /** Sleeps, or throws `DeadlinePassed` when the deadline, which may move meanwhile, comes first. */
  async pause(milliseconds: number, summary: string): Promise<void> {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      if (this.record.left === 0) throw new DeadlinePassed();
      await sleep(Math.min(end - Date.now(), this.record.left), { summary });
    }
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
    let begun = false;
    // An attempt that was lost may have done more than the one before it knew of.
    let lastWord: Carry | undefined;
    for (;;) {
      if (this.record.left === 0) throw new DeadlinePassed(begun, lastWord);
      begun = true;
      try {
        const result = await schedule(this.watch(known), carry);
        if (isUnreadable(result)) throw unreadable(step);
        this.record.overcome(step);
        return result;
      } catch (error) {
        const report = reportOf<Carry>(error);
        const isLate = ranOutOfTime(error);
        if (report === null && !isLate) throw wasTamperedWith(error) ? unreadable(step) : error;
        if (report?.code) this.record.meet(step, report.code, report.message);
        if (report?.code === null) this.record.overcome(step);
        if (report !== null) known = report.code;
        carry = report?.carry ?? carry;
        lastWord = report === null ? undefined : carry;
        // The deadline may have moved while the server went by the old one, and clocks may differ.
        const wait = isLate ? LIMITS.soon : (report?.retryInMs ?? 0);
        if (!isLate) this.returns += 1;
        await this.pause(wait, `${step}: wait, then try again`).catch((passed: unknown) => {
          throw passed instanceof DeadlinePassed ? new DeadlinePassed(begun, lastWord) : passed;
        });
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

  /** What all activities have in common. */
  private options(summary: string): ActivityOptions {
    return {
      scheduleToCloseTimeout: this.timeLeft(),
      heartbeatTimeout: LIMITS.heartbeatTimeout,
      retry: RETRY,
      cancellationType: 'TRY_CANCEL',
      summary,
    };
  }

  private notusOptions(summary: string): ActivityOptions {
    const taskQueue = notusTaskQueue(workflowInfo().taskQueue);
    return { ...this.options(summary), taskQueue, startToCloseTimeout: LIMITS.notusStartToClose };
  }
}

function unlessCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}

/** What an activity reported in place of a result: when it came back, or when the server ended it at the deadline. */
function reportOf<Carry>(error: unknown): ObstacleReport<Carry> | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  const [report] = (error.cause.details ?? []) as (ObstacleReport<Carry> | undefined)[];
  return report !== undefined && report !== null && typeof report === 'object' && 'retryInMs' in report ? report : null;
}

/** What the codec could not make sure of, in place of what an activity gave. */
function isUnreadable(result: unknown): boolean {
  return result === UNDECODABLE;
}

function wasTamperedWith(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return false;
  const { type, details } = error.cause;
  return type === 'ProtocolError' || (details ?? []).some(isUnreadable);
}

function unreadable(step: string): ApplicationFailure {
  const message =
    `What Temporal holds of the step ${step} was altered, or belongs to another verification: ` +
    'find out who can write to its database, then restart the verification.';
  return failure('ProtocolError', message);
}

function ranOutOfTime(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause, retryState } = error;
  if (cause instanceof ApplicationFailure && cause.type === 'DeadlinePassed') return true;
  const isOverall = cause instanceof TimeoutFailure && /^SCHEDULE_TO_(CLOSE|START)$/.test(String(cause.timeoutType));
  return isOverall || retryState === 'TIMEOUT';
}

/** Whether the create that failed may have opened a session: told so by the activity, or lost with its worker. */
function lostAnswer(error: unknown): AnswerLost | null {
  if (!(error instanceof ActivityFailure)) return null;
  const { cause } = error;
  if (cause instanceof ApplicationFailure && cause.type === 'Ambiguous') {
    return new AnswerLost(cause.message, cause.details?.[0] === true);
  }
  if (cause instanceof TimeoutFailure && /^(START_TO_CLOSE|HEARTBEAT)$/.test(String(cause.timeoutType))) {
    return new AnswerLost('The worker was lost while Notus was opening a session.', false);
  }
  return null;
}
