import { log, upsertSearchAttributes, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  requiredSides,
  SEARCH_ATTRIBUTES,
  type Attempt,
  type OutcomeName,
  type Problem,
  type ProblemCode,
  type Side,
  type Stage,
  type UploadForms,
  type VerificationInput,
  type VerificationOutcome,
  type VerificationPolicy,
  type VerificationRequest,
  type VerificationStatus,
} from '../contract';
import type { OpenedSession } from '../activities/create-session';
import { LIMITS } from '../limits';
import { parseDuration } from '../validation/durations';
import { withDefaults } from '../validation/policy';
import { count, recordStage } from './metrics';
import { operatorDetails, type ClosedWithoutOutcome } from './operator-details';

/** A session at Notus that is in use. */
export interface LiveSession extends OpenedSession {
  /** From 1, over the sessions Notus answered with. */
  number: number;
}

const KEYS = SEARCH_ATTRIBUTES.map((name) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD));

/** All that is known of one verification: what queries read, what operators see, what the outcome is made of. */
export class VerificationRecord {
  readonly request: VerificationRequest;
  readonly policy: VerificationPolicy;
  readonly sides: Side[];
  stage: Stage = 'creatingSession';
  attempt = 1;
  session: LiveSession | null = null;
  notusStatus: string | null = null;
  sessionsCreated = 0;
  possibleOrphanSessions = 0;
  /** Milliseconds since the epoch, like `resultDeadline`; at most one of the two is set. */
  documentsDeadline: number | null = null;
  resultDeadline: number | null = null;
  /** Milliseconds since the epoch at which the present stage began. */
  since: number;
  readonly attempts: Attempt[] = [];

  private outcome: OutcomeName | null = null;
  private individualId: string | null = null;
  private lastSessionId: string | null = null;
  private refusal: Problem | null = null;
  private readonly obstacles = new Map<string, Problem>();
  private published: (string | null)[] = [];

  /** `input` is what `inputProblems` has found nothing wrong with, or null for one that is refused. */
  constructor(readonly input: VerificationInput | null) {
    this.request = input?.request ?? ({} as VerificationRequest);
    this.policy = withDefaults(input?.policy);
    this.sides = input === null ? [] : requiredSides(input.request.documentCategory);
    this.since = workflowInfo().startTime.getTime();
    count('started');
  }

  /** The instant that bounds the step at hand. */
  get deadline(): number {
    return this.resultDeadline ?? this.documentsDeadline ?? Number.MAX_SAFE_INTEGER;
  }

  /** Milliseconds until the deadline, at least 0. */
  get left(): number {
    return Math.max(0, this.deadline - Date.now());
  }

  get sessionsLeft(): number {
    return this.policy.maxSessions - this.sessionsCreated - this.possibleOrphanSessions;
  }

  /** What holds the verification up now; an obstacle hides what was refused last. */
  get problem(): Problem | null {
    return this.obstacle ?? this.refusal;
  }

  /** The obstacle that was met last and still stands. */
  get obstacle(): Problem | null {
    return [...this.obstacles.values()].at(-1) ?? null;
  }

  enter(stage: Stage): void {
    if (this.stage !== stage) {
      recordStage(this.stage, Date.now() - this.since);
      this.since = Date.now();
      const { attempt, session } = this;
      log.info(`Verification: ${stage}`, { stage, attempt, sessionId: session?.sessionId });
    }
    this.stage = stage;
    this.publish();
  }

  awaitDocumentsFrom(start: number): void {
    this.resultDeadline = null;
    this.documentsDeadline = start + (parseDuration(this.policy.documentsDeadline) ?? 0);
  }

  awaitResultFrom(start: number): void {
    this.documentsDeadline = null;
    this.resultDeadline = start + (parseDuration(this.policy.resultDeadline) ?? 0);
    this.refusal = null;
  }

  opened(session: OpenedSession): void {
    this.sessionsCreated += 1;
    const last = this.attempts.at(-1);
    const isNextAttempt = last?.outcome === 'rejected' && last.sessionId === this.lastSessionId;
    count('sessionsOpened', { reason: this.sessionsCreated === 1 ? 'first' : isNextAttempt ? 'attempt' : 'renewal' });
    this.session = { ...session, number: this.sessionsCreated };
    this.lastSessionId = session.sessionId;
    this.notusStatus = session.status;
  }

  /** The session, if its forms last a while yet. */
  get usableSession(): LiveSession | null {
    const { session } = this;
    return session !== null && session.formsExpireAt - LIMITS.formMargin > Date.now() ? session : null;
  }

  /** Gives up a session that can't be used any more. */
  discardSession(): void {
    this.session = null;
  }

  /** Ends the session that was processed. */
  attempted(session: LiveSession, outcome: Attempt['outcome'], startedAt: number): void {
    const times = { startedAt: isoTime(startedAt), endedAt: isoTime(Date.now()) };
    this.attempts.push({ sessionId: session.sessionId, outcome, ...times });
  }

  refuse(code: ProblemCode, message: string): void {
    this.refusal = { code, message, at: isoTime(Date.now()) };
    const { stage, attempt } = this;
    log.info(`Verification: refused, ${code}`, { stage, attempt, code });
    this.publish();
  }

  meet(step: string, code: ProblemCode, message: string): void {
    const known = this.obstacles.get(step);
    this.obstacles.delete(step);
    this.obstacles.set(step, { code, message, at: known?.code === code ? known.at : isoTime(Date.now()) });
    this.publish();
  }

  overcome(step: string): void {
    if (this.obstacles.delete(step)) this.publish();
  }

  /** The forms of the live session for the sides that are needed. */
  uploadForms(session: LiveSession): UploadForms {
    const form = (side: Side): UploadForms['back'] => {
      const given = this.sides.includes(side) ? session[side] : null;
      return given && { url: given.url, fields: given.fields };
    };
    const front = form('front') as UploadForms['front'];
    return { sessionId: session.sessionId, expiresAt: isoTime(session.formsExpireAt), front, back: form('back') };
  }

  close(ending: { outcome: OutcomeName | null; individualId: string | null; problem: Problem | null }): void {
    this.outcome = ending.outcome;
    this.individualId = ending.individualId;
    this.refusal = ending.problem;
    this.obstacles.clear();
    this.documentsDeadline = null;
    this.resultDeadline = null;
    recordStage(this.stage, Date.now() - this.since);
    this.stage = 'closed';
    this.since = Date.now();
  }

  /** Writes what has changed to the search attributes, and the details an operator reads. */
  publish(closedAs: ClosedWithoutOutcome | null = null): void {
    setCurrentDetails(operatorDetails(this.status(), this.since, closedAs));
    const now = [
      this.stage,
      this.outcome ?? closedAs,
      this.session?.sessionId ?? this.lastSessionId,
      this.problem?.code,
    ];
    const changed = KEYS.flatMap((key, index) => {
      const value = now[index] ?? null;
      return value === (this.published[index] ?? null) ? [] : [{ key, value }];
    });
    this.published = now.map((value) => value ?? null);
    if (changed.length > 0) upsertSearchAttributes(changed);
    if (this.stage === 'closed') {
      const outcome = this.outcome ?? closedAs ?? 'failed';
      count('closed', { outcome });
      const level = outcome === 'failed' ? 'warn' : 'info';
      log[level](`Verification: closed, ${outcome}`, { stage: this.stage, outcome, problem: this.problem?.code });
    }
  }

  status(): VerificationStatus {
    return {
      verificationId: workflowInfo().workflowId,
      stage: this.stage,
      attempt: this.attempt,
      maxAttempts: this.policy.maxAttempts,
      sessionId: this.session?.sessionId ?? (this.stage === 'closed' ? this.lastSessionId : null),
      notusStatus: this.notusStatus,
      sessionsCreated: this.sessionsCreated,
      possibleOrphanSessions: this.possibleOrphanSessions,
      requiredDocuments: this.sides,
      documentsDeadline: this.documentsDeadline === null ? null : isoTime(this.documentsDeadline),
      formsExpireAt: this.session === null || this.stage === 'closed' ? null : isoTime(this.session.formsExpireAt),
      resultDeadline: this.resultDeadline === null ? null : isoTime(this.resultDeadline),
      livenessUrl: this.livenessUrl(),
      problem: this.problem,
      outcome: this.outcome,
    };
  }

  result(): VerificationOutcome {
    if (this.outcome === null) throw new TypeError('A verification without an outcome has no result.');
    return {
      outcome: this.outcome,
      sessionId: this.lastSessionId,
      individualId: this.individualId,
      notusStatus: this.notusStatus,
      sessionsCreated: this.sessionsCreated,
      possibleOrphanSessions: this.possibleOrphanSessions,
      problem: this.problem,
      attempts: this.attempts,
    };
  }

  private livenessUrl(): string | null {
    if (this.request.livenessRequired !== true || this.session === null || this.stage === 'closed') return null;
    // Notus's own packages open this page; nothing else can finish the face step (Notus docs).
    return `https://kyc.notus.team?sessionId=${encodeURIComponent(this.session.sessionId)}&language=en`;
  }
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
