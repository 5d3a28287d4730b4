import {
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  sleep,
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
import { AnswerLost, DeadlinePassed } from './endings';
import {
  BY_HAND,
  EndedByHand,
  endedByHand,
  isUnreadable,
  lostAnswer,
  ranOutOfTime,
  reportOf,
  unreadable,
  wasTamperedWith,
} from './step-failures';
import { isAnything, isInspection, isOpenedSession, isPollResult, isUploadResult, type IsResult } from './step-results';
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

/** The steps of a verification as single calls that end, whatever obstacles they meet on the way. */
export class Steps {
  private returns = 0;

  constructor(private readonly record: VerificationRecord) {}

  createSession(create: number): Promise<OpenedSession> {
    const { request, sides } = this.record;
    const isSession: IsResult<OpenedSession> = (result): result is OpenedSession =>
      isOpenedSession(result) && (result.back !== null || !sides.includes('back'));
    return this.overObstacles('createSession', isSession, (watch) =>
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
        .then(
          (result: unknown) => {
            // Whoever completes a create by hand does not know either what the worker had sent by then.
            if (isSession(result) || isUnreadable(result)) return result;
            throw new AnswerLost(`The create ${BY_HAND}.`, false);
          },
          (error: unknown) => {
            throw lostAnswer(error) ?? error;
          },
        ),
    );
  }

  findNotus(): Promise<void> {
    return this.overObstacles('findNotus', isAnything, (watch) =>
      proxyActivities<NotusActivities>({
        ...this.notusOptions('Wait until Notus answers again'),
        activityId: activityIds.findNotus(this.record.possibleOrphanSessions),
      }).findNotus({ watch }),
    );
  }

  /**
   * No local activity, though it would be quicker: with a query to answer, the SDK (1.24.0) ends a task before the
   * workflow hears what one came to, and replays it as if the workflow had heard within.
   */
  inspectDocuments(submission: number, references: Partial<Record<Side, DocumentReference>>): Promise<Inspection> {
    const isComplete: IsResult<Inspection> = (result): result is Inspection =>
      isInspection(result) && (!result.usable || this.record.sides.every((side) => result.documents[side]));
    return this.overObstacles('inspectDocuments', isComplete, (watch) =>
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
    return this.overObstacles(`upload-${side}`, isUploadResult, (watch) =>
      proxyActivities<DocumentActivities>({
        ...this.options(`Upload the ${side} to Notus`),
        startToCloseTimeout: LIMITS.uploadStartToClose,
        activityId: activityIds.uploadDocument(side, session.number),
      }).uploadDocument({ side, form, formExpiresAt, document, watch }),
    );
  }

  pollResult(session: LiveSession, sent: PollCarry['sent']): Promise<PollResult> {
    const { sessionId, number } = session;
    // What was sent before somebody interfered is not known any more.
    const afterHand: PollCarry = { sent: 'perhaps', calls: 0 };
    return this.overObstacles<PollResult, PollCarry>(
      'pollResult',
      isPollResult,
      (watch, carry) => {
        this.record.notusStatus = carry?.notusStatus ?? this.record.notusStatus;
        return proxyActivities<NotusActivities>({
          ...this.notusOptions('Process the session, then look until Notus has decided'),
          activityId: activityIds.pollResult(number),
        }).pollResult({ sessionId, known: carry ?? { sent, calls: 0 }, watch });
      },
      afterHand,
    );
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

  /**
   * Sleeps, or throws `DeadlinePassed` when the deadline, which may move meanwhile, comes first. What a sleep leads to is
   * settled before it: a query that meets a timer's end on its way to a worker shows the workflow an older clock then.
   */
  async pause(milliseconds: number, summary: string): Promise<void> {
    const end = Date.now() + milliseconds;
    for (;;) {
      const { deadline, left } = this.record;
      const wait = end - Date.now();
      if (wait <= 0) return;
      if (left === 0) throw new DeadlinePassed();
      const isWhole = wait <= left;
      await sleep(Math.min(wait, left), { summary });
      if (isWhole) return;
      if (this.record.deadline === deadline) throw new DeadlinePassed();
    }
  }

  /**
   * Schedules a step again each time it comes back with an obstacle, so that the obstacle can be told meanwhile, or is
   * ended by hand with nothing to go on with; throws `DeadlinePassed` when time is up.
   */
  private async overObstacles<R, Carry = never>(
    step: string,
    isResult: IsResult<R>,
    schedule: (watch: Watch, carry: Carry | undefined) => Promise<unknown>,
    afterHand?: Carry,
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
        if (!isResult(result)) throw new EndedByHand();
        this.record.overcome(step);
        return result;
      } catch (error) {
        if (wasTamperedWith(error)) throw unreadable(step);
        const report = endedByHand(error) ? this.interference(step, afterHand) : reportOf<Carry>(error);
        const isLate = ranOutOfTime(error);
        if (report === null && !isLate) throw error;
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

  private interference<Carry>(step: string, carry: Carry | undefined): ObstacleReport<Carry> {
    const message = `The step ${step} ${BY_HAND}: it is done again.`;
    log.warn(message, { step });
    return { code: 'ProtocolError', message, retryInMs: LIMITS.soon, carry };
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
