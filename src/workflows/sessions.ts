import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  log,
} from '@temporalio/workflow';
import { LIMITS } from '../limits';
import { AnswerLost, DeadlinePassed, Ended, failure } from './endings';
import { count } from './metrics';
import type { Steps } from './steps';
import { isoTime, type LiveSession, type VerificationRecord } from './verification-record';

/** Opens sessions at Notus one at a time, as many as the policy allows, and knows what a lost answer means. */
export class Sessions {
  /** What no other session can mend; whoever waits for one throws it. */
  fatal: Error | null = null;
  private opening: Promise<void> | null = null;
  private lastAnswerWasLost = false;
  private answersThatAreNoSession = 0;
  private readonly scope = new CancellationScope();

  constructor(
    private readonly record: VerificationRecord,
    private readonly steps: Steps,
  ) {}

  get isOpening(): boolean {
    return this.opening !== null;
  }

  /** The live session if its forms last a while, else a new one. Throws an ending when none can be had. */
  async forUpload(): Promise<LiveSession> {
    const { usableSession } = this.record;
    if (usableSession !== null) return usableSession;
    this.record.discardSession();
    for (;;) {
      if (this.record.session !== null) return this.record.session;
      // A create that was let finish after a cancellation tells only itself how it ended.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The verification was cancelled');
      if (this.fatal !== null) throw this.fatal;
      if (this.record.left === 0) throw new DeadlinePassed();
      if (this.opening !== null) await this.untilOpenedOrLate();
      else if (this.record.sessionsLeft <= 0) throw this.exhausted();
      else {
        this.record.enter('creatingSession');
        await this.open();
      }
    }
  }

  /** Opens a session unless one is being opened; ends when it is there, or when it can't be had for now. */
  open(): Promise<void> {
    this.opening ??= this.scope
      .run(() => this.create())
      .catch((error: unknown) => {
        if (!(error instanceof DeadlinePassed)) this.fatal = error as Error;
      })
      .finally(() => {
        this.opening = null;
      });
    return this.opening;
  }

  /** Stops opening; a create in flight is let finish, so that what it opened is counted. */
  async settle(): Promise<void> {
    this.scope.cancel();
    await this.opening;
  }

  /** Why no further session is opened. */
  exhausted(): Ended | ApplicationFailure {
    const { maxSessions } = this.record.policy;
    if (this.lastAnswerWasLost) {
      return failure(
        'SessionCreationAmbiguous',
        `Notus may have opened a session whose answer was lost, and all ${maxSessions} sessions of the policy are used up: ` +
          'ask Notus which sessions exist, then restart the verification.',
      );
    }
    const message = `All ${maxSessions} sessions of the policy are used up: start again, with a higher maxSessions if need be.`;
    return new Ended('expired', null, { code: 'SessionsExhausted', message });
  }

  /** A session that began to open earlier has an older deadline, so the present one needs a timer. */
  private async untilOpenedOrLate(): Promise<void> {
    const inTime = await condition(() => this.opening === null, this.record.left, { summary: 'Result deadline' });
    if (!inTime) throw new DeadlinePassed();
  }

  private async create(): Promise<void> {
    while (this.record.sessionsLeft > 0) {
      if (this.lastAnswerWasLost) await this.untilNotusIsWell();
      const { sessionsCreated, possibleOrphanSessions } = this.record;
      try {
        const opened = await this.steps.createSession(sessionsCreated + possibleOrphanSessions + 1);
        this.lastAnswerWasLost = false;
        this.record.opened(opened);
        return;
      } catch (error) {
        if (!(error instanceof AnswerLost)) throw requestRefused(error) ?? error;
        this.count(error);
      }
    }
  }

  private count({ message, notASession }: AnswerLost): void {
    const { record } = this;
    record.possibleOrphanSessions += 1;
    this.lastAnswerWasLost = true;
    log.warn('Notus may have opened a session whose answer was lost', {
      reason: message,
      at: isoTime(Date.now()),
      possibleOrphanSessions: record.possibleOrphanSessions,
    });
    count('possibleOrphans');
    if (notASession && ++this.answersThatAreNoSession >= LIMITS.protocolErrors) {
      throw failure('ProtocolError', `${message} This was the third such answer: ask Notus what has changed.`);
    }
    if (record.policy.ambiguousCreate === 'fail') {
      throw failure(
        'SessionCreationAmbiguous',
        `${message} The policy says not to open another: ask Notus whether a session exists, then restart the verification.`,
      );
    }
    const next =
      record.sessionsLeft > 0
        ? 'Another session is opened once Notus answers again.'
        : 'No session is left: cancel the verification, then start it again.';
    record.meet('createSession', 'SessionMayExist', `${message} ${next}`);
  }

  /** An outage of days must not use the sessions up, so Notus has to show first that it works. */
  private async untilNotusIsWell(): Promise<void> {
    const waits = LIMITS.recreateWaits;
    const wait = waits[Math.min(this.record.possibleOrphanSessions, waits.length) - 1] ?? 0;
    await this.steps.pause(wait, 'Wait before another session is opened');
    await this.steps.findNotus();
  }
}

function requestRefused(error: unknown): ApplicationFailure | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'InvalidRequest'
    ? failure('InvalidRequest', cause.message)
    : null;
}
