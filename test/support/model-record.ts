import type { FailureType, OutcomeName, ProblemCode, Stage, VerificationStatus } from '../../src/contract';

export interface ModelPolicy {
  maxAttempts: number;
  maxSessions: number;
  sessionTiming: 'eager' | 'onDocuments';
  ambiguousCreate: 'recreate' | 'fail';
}

export interface ModelSession {
  sessionId: string;
  formsExpireAt: number;
}

/** How a verification ends, as its caller sees it. */
export interface ModelEnding {
  as: OutcomeName | 'cancelled' | `fails:${string}`;
  problem: ProblemCode | null;
}

/** The part of a status that the model foretells; of the deadlines the instants, compared with some patience. */
export interface Foretold extends Pick<
  VerificationStatus,
  'stage' | 'attempt' | 'sessionId' | 'notusStatus' | 'sessionsCreated' | 'possibleOrphanSessions' | 'outcome'
> {
  problem: ProblemCode | null;
  documentsDeadline: number | null;
  resultDeadline: number | null;
  formsExpireAt: number | null;
}

export const MINUTE = 60_000;
export const DOCUMENTS_DEADLINE = 100 * MINUTE;
export const RESULT_DEADLINE = 150 * MINUTE;

/** What the model knows of a verification besides what goes on at the moment. */
export class ModelRecord {
  /** The server's clock, set by whoever drives the model. */
  now = 0;
  stage: Stage = 'creatingSession';
  attempt = 1;
  session: ModelSession | null = null;
  lastSessionId: string | null = null;
  notusStatus: string | null = null;
  sessionsCreated = 0;
  orphans = 0;
  refusal: ProblemCode | null = null;
  readonly obstacles = new Map<string, ProblemCode>();
  documentsDeadline: number | null = null;
  resultDeadline: number | null = null;
  readonly attempts: { sessionId: string; outcome: string }[] = [];
  ending: ModelEnding | null = null;
  closed = false;

  constructor(readonly policy: ModelPolicy) {}

  get sessionsLeft(): number {
    return this.policy.maxSessions - this.sessionsCreated - this.orphans;
  }

  get deadline(): number {
    return this.resultDeadline ?? this.documentsDeadline ?? Infinity;
  }

  get obstacle(): ProblemCode | null {
    return [...this.obstacles.values()].at(-1) ?? null;
  }

  get problem(): ProblemCode | null {
    return this.obstacle ?? this.refusal;
  }

  /** Whether the forms of the session at hand live for longer than that. */
  formsOutlive(milliseconds: number): boolean {
    return this.session !== null && this.session.formsExpireAt - this.now > milliseconds;
  }

  awaitDocumentsFrom(start: number): void {
    this.resultDeadline = null;
    this.documentsDeadline = start + DOCUMENTS_DEADLINE;
  }

  awaitResultFrom(start: number): void {
    this.documentsDeadline = null;
    this.resultDeadline = start + RESULT_DEADLINE;
    this.refusal = null;
  }

  /** The server's own instants, where it took a moment to come to the same. */
  setDeadlines({ documentsDeadline, resultDeadline }: Foretold): void {
    this.documentsDeadline = documentsDeadline ?? this.documentsDeadline;
    this.resultDeadline = resultDeadline ?? this.resultDeadline;
  }

  opened(session: ModelSession): void {
    this.sessionsCreated += 1;
    this.session = session;
    this.lastSessionId = session.sessionId;
    this.notusStatus = 'PENDING';
  }

  meet(step: string, code: ProblemCode): void {
    this.obstacles.delete(step);
    this.obstacles.set(step, code);
  }

  attempted(outcome: string, notusStatus = this.notusStatus): void {
    if (this.session === null) throw new Error('The model has no session that could be attempted.');
    this.notusStatus = notusStatus;
    this.attempts.push({ sessionId: this.session.sessionId, outcome });
  }

  foretold(): Foretold {
    const { ending, closed, session } = this;
    const isOutcome = ending !== null && ending.as !== 'cancelled' && !ending.as.startsWith('fails:');
    return {
      stage: closed ? 'closed' : this.stage,
      attempt: this.attempt,
      sessionId: session?.sessionId ?? (closed ? this.lastSessionId : null),
      notusStatus: this.notusStatus,
      sessionsCreated: this.sessionsCreated,
      possibleOrphanSessions: this.orphans,
      outcome: closed && isOutcome ? (ending.as as OutcomeName) : null,
      problem: closed ? (ending?.problem ?? null) : this.problem,
      documentsDeadline: closed ? null : this.documentsDeadline,
      resultDeadline: closed ? null : this.resultDeadline,
      formsExpireAt: closed ? null : (session?.formsExpireAt ?? null),
    };
  }
}

/** What a failed verification shows as its problem. */
export function problemOf(type: FailureType): ProblemCode | null {
  if (type === 'SessionCreationAmbiguous') return 'SessionMayExist';
  return type === 'DocumentUnusable' || type === 'ProtocolError' ? type : null;
}
