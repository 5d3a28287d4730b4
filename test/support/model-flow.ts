import type { FailureType, ProblemCode, Side } from '../../src/contract';
import { ModelRecord, MINUTE, problemOf, type ModelEnding } from './model-record';

export type Submitted =
  { kind: 'stored'; name: string } | { kind: 'uploaded'; sessionId: string } | { kind: 'malformed' };

export type Place = 'inspectDocuments' | 'createSession' | 'findNotus' | `upload-${Side}` | 'pollResult';
export type UploadAnswer = 'uploaded' | 'formDead' | 'refused' | 'tooLarge' | 'unusable';
export type CreateAnswer = 'opens' | 'opensShortly' | 'lost' | 'notASession' | 'invalid';
export type PollAnswer =
  'completed' | 'idMissing' | 'failed' | 'expired' | 'uploadsRefused' | 'undecided' | 'notYet' | 'recovered';

const RECREATE_WAITS = [5_000, 20_000, 80_000, 60 * MINUTE];
const SIDES: readonly Side[] = ['front', 'back'];

/** How a verification goes on from accepted documents to its end, by the contract: only events move it. */
export class ModelFlow extends ModelRecord {
  awaiting = false;
  accepted: Submitted | null = null;
  /** Attempts in flight, by what they do; each waits for its answer. */
  readonly parked = new Set<Place>();
  /** What happens by itself, and when. */
  readonly timers = new Map<string, { at: number; fire: () => void }>();
  protected readonly rejectedNames = new Set<string>();
  protected opening = false;
  protected isInput = false;
  /** Cancelled, but waiting for its own create before it begins to end. */
  protected endsLater = false;
  private wantsSession = false;
  private opensItself = false;
  private isLate = false;
  private lastAnswerWasLost = false;
  private answersThatAreNoSession = 0;
  private failures = 0;
  private refusals = 0;
  private uploadedAgain = false;
  private readonly uploads = new Map<Side, UploadAnswer | null>();
  private sent: 'unknown' | 'never' | 'yes' = 'unknown';

  get nextAt(): number {
    return Math.min(this.isLate ? Infinity : this.deadline, ...[...this.timers.values()].map(({ at }) => at));
  }

  /** What is in flight, and for which session; creates are numbered, lost ones too. */
  get flights(): string[] {
    const next = `session-${this.sessionsCreated + this.orphans + 1}`;
    const subject = (place: Place): string => (place === 'createSession' ? next : (this.session?.sessionId ?? ''));
    const isOfNone = (place: Place): boolean => place === 'inspectDocuments' || place === 'findNotus';
    return [...this.parked].map((place) => (isOfNone(place) ? place : `${place} ${subject(place)}`)).sort();
  }

  /** All that has come due by now, in its order. */
  elapse(now: number): void {
    for (;;) {
      const [next] = [...this.timers].sort(([, a], [, b]) => a.at - b.at);
      const deadline = this.ending === null && !this.isLate ? this.deadline : Infinity;
      if (deadline <= now && deadline <= (next?.[1].at ?? Infinity)) this.deadlinePassed();
      else if (next !== undefined && next[1].at <= now) {
        this.timers.delete(next[0]);
        this.now = Math.max(this.now, next[1].at);
        next[1].fire();
      } else break;
    }
    this.now = now;
  }

  cancel(): void {
    this.endsLater = this.wantsSession && this.opensItself && this.parked.has('createSession');
    this.end('cancelled', null);
  }

  obstructed(place: Place, code: ProblemCode, retryIn: number): void {
    this.parked.delete(place);
    if (place === 'pollResult') this.sent = this.sent === 'unknown' ? 'never' : this.sent;
    this.meet(place, code);
    if (this.ending !== null) return this.closeIfIdle();
    if (this.isLate) return this.end('timedOut', this.obstacle);
    this.after(place, retryIn, () => this.parked.add(place));
  }

  created(answer: CreateAnswer): void {
    this.parked.delete('createSession');
    if (answer === 'opens' || answer === 'opensShortly') {
      this.lastAnswerWasLost = false;
      const life = answer === 'opens' ? 10 * MINUTE : 90_000;
      const number = this.sessionsCreated + this.orphans + 1;
      this.obstacles.delete('createSession');
      this.opened({ sessionId: `session-${number}`, formsExpireAt: this.now + life });
      return this.openingEnds();
    }
    if (answer === 'invalid') return this.fatal('InvalidRequest');
    this.orphans += 1;
    this.lastAnswerWasLost = true;
    if (answer === 'notASession' && ++this.answersThatAreNoSession >= 3) return this.fatal('ProtocolError');
    if (this.policy.ambiguousCreate === 'fail') return this.fatal('SessionCreationAmbiguous');
    this.meet('createSession', 'SessionMayExist');
    if (this.ending !== null) return this.closeIfIdle();
    if (this.isLate) return this.openingEnds();
    this.create();
  }

  found(): void {
    this.parked.delete('findNotus');
    this.obstacles.delete('findNotus');
    this.parked.add('createSession');
  }

  uploadEnds(side: Side, answer: UploadAnswer): void {
    this.parked.delete(`upload-${side}`);
    this.obstacles.delete(`upload-${side}`);
    this.uploads.set(side, answer);
    const answers = SIDES.map((one) => this.uploads.get(one) ?? null);
    if (answers.includes(null)) return;
    const worst =
      answers.find((one) => one === 'unusable') ??
      answers.find((one) => one === 'refused' || one === 'tooLarge') ??
      answers.find((one) => one === 'formDead');
    if (worst === undefined) {
      this.refusals = 0;
      this.obstacles.delete('upload');
      return this.poll();
    }
    if (worst === 'unusable') return this.unusable();
    if (worst === 'formDead') {
      this.session = null;
      return this.goOn();
    }
    this.refusals += 1;
    if (this.refusals > 1 && worst === 'tooLarge') return this.unusable();
    this.session = null;
    if (this.refusals === 1) return this.goOn();
    if (this.sessionsLeft <= 0) return this.exhausted();
    this.meet('upload', 'UploadRefused');
    this.after('refused', 60 * MINUTE, () => this.goOn());
  }

  polled(answer: PollAnswer): void {
    this.parked.delete('pollResult');
    if (answer === 'notYet' || answer === 'recovered') {
      this.sent = 'yes';
      if (answer === 'recovered') this.obstacles.delete('pollResult');
      return this.after('pollResult', 47_000, () => this.parked.add('pollResult'));
    }
    this.obstacles.delete('pollResult');
    switch (answer) {
      case 'completed':
      case 'idMissing':
        this.attempted('approved', 'COMPLETED');
        return this.end('approved', answer === 'completed' ? null : 'IndividualIdMissing');
      case 'undecided':
        this.attempted('timedOut', 'VERIFYING');
        return this.end('timedOut', this.obstacle);
      case 'failed':
        return this.rejected();
      case 'expired':
        this.attempted('expired', 'EXPIRED');
        this.session = null;
        return this.accepted?.kind === 'uploaded' ? this.askAgain('UploadRefused') : this.goOn();
      case 'uploadsRefused':
        this.notusStatus = 'PENDING';
        if (this.accepted?.kind === 'uploaded' || this.uploadedAgain) return this.askAgain('UploadRefused');
        this.uploadedAgain = true;
        return this.goOn();
    }
  }

  protected awaitDocuments(): void {
    this.awaitDocumentsFrom(this.now);
    this.accepted = null;
    this.awaiting = true;
    this.isInput = false;
    const opens = this.policy.sessionTiming === 'eager' && this.session === null && this.sessionsLeft > 0;
    this.stage = opens ? 'creatingSession' : 'awaitingDocuments';
    if (opens) this.open();
  }

  protected decide(): void {
    this.refusals = 0;
    this.uploadedAgain = false;
    this.goOn();
  }

  protected open(): void {
    this.opening = true;
    this.create();
  }

  protected after(name: string, milliseconds: number, fire: () => void): void {
    this.timers.set(name, { at: this.now + milliseconds, fire });
  }

  protected end(as: ModelEnding['as'], problem: ProblemCode | null): void {
    this.ending = { as, problem };
    this.awaiting = false;
    this.timers.clear();
    for (const place of this.parked) if (place !== 'createSession') this.parked.delete(place);
    this.closeIfIdle();
  }

  /** A create in flight is let finish and counted. */
  private closeIfIdle(): void {
    if (this.ending === null || this.parked.size > 0) return;
    this.closed = true;
  }

  private deadlinePassed(): void {
    if (this.awaiting) return this.end('abandoned', this.problem);
    if (this.wantsSession && this.opensItself && this.parked.has('createSession')) {
      this.isLate = true;
      return;
    }
    const isPolled = this.parked.has('pollResult') || this.timers.has('pollResult');
    // What was in flight may have been sent, whatever was known before.
    if (isPolled && (this.parked.has('pollResult') || this.sent !== 'never')) this.attempted('timedOut');
    this.end('timedOut', this.obstacle);
  }

  private goOn(): void {
    if (this.accepted?.kind === 'uploaded' && this.session !== null) return this.poll();
    if (this.formsOutlive(5_000)) return this.upload();
    this.session = null;
    if (!this.opening && this.sessionsLeft <= 0) return this.exhausted();
    this.stage = 'creatingSession';
    this.wantsSession = true;
    this.opensItself = !this.opening;
    if (!this.opening) this.open();
  }

  private create(): void {
    if (this.sessionsLeft <= 0) return this.openingEnds();
    if (!this.lastAnswerWasLost) return void this.parked.add('createSession');
    const wait = RECREATE_WAITS[Math.min(this.orphans, 4) - 1] ?? 0;
    this.after('recreate', wait, () => this.parked.add('findNotus'));
  }

  private openingEnds(): void {
    this.opening = false;
    if (this.ending !== null) return this.closeIfIdle();
    if (this.isLate) return this.end('timedOut', this.obstacle);
    if (this.awaiting) this.stage = 'awaitingDocuments';
    if (!this.wantsSession) return;
    this.wantsSession = false;
    if (this.session === null) this.goOn();
    else this.upload();
  }

  protected fail(type: FailureType): void {
    this.end(`fails:${type}`, problemOf(type));
  }

  private fatal(type: FailureType): void {
    this.opening = false;
    return this.ending === null ? this.fail(type) : this.closeIfIdle();
  }

  private upload(): void {
    this.stage = 'uploadingDocuments';
    for (const side of SIDES) {
      this.uploads.set(side, null);
      this.parked.add(`upload-${side}`);
    }
  }

  private poll(): void {
    this.stage = 'verifying';
    this.sent = 'unknown';
    this.parked.add('pollResult');
  }

  private rejected(): void {
    this.attempted('rejected', 'FAILED');
    if (this.accepted?.kind === 'stored') this.rejectedNames.add(this.accepted.name);
    this.failures += 1;
    this.session = null;
    if (this.failures >= this.policy.maxAttempts || this.sessionsLeft <= 0) return this.end('rejected', null);
    this.attempt += 1;
    this.refusal = 'AttemptRejected';
    this.awaitDocuments();
  }

  private unusable(): void {
    this.obstacles.delete('upload');
    if (this.isInput) this.fail('DocumentUnusable');
    else this.askAgain('DocumentUnusable');
  }

  private askAgain(code: ProblemCode): void {
    if (this.session === null && this.sessionsLeft <= 0) return this.exhausted();
    this.refusal = code;
    this.awaitDocuments();
  }

  private exhausted(): void {
    if (this.lastAnswerWasLost) this.fail('SessionCreationAmbiguous');
    else this.end('expired', 'SessionsExhausted');
  }
}
