import { log, type Info } from '@temporalio/activity';
import { LIMITS } from '../limits';
import type { NotusClient, SessionAnswer } from '../notus/client';
import { Attempt, type Memory } from './attempt';
import { situationOf, type Situation } from './failures';
import { count } from './metrics';
import { notYet, obstacleFailure, recovered, seconds, tryAgain, type Watch } from './obstacles';

/** Whether `process` was posted for the session: surely never, perhaps (the reply was lost), or accepted. */
export type Sent = 'never' | 'perhaps' | 'accepted';

/** What is known of the session; it outlives attempts by heartbeat details, and schedules by the arguments. */
interface PollFacts {
  sent: Sent;
  /** Since when Notus says PENDING while it is in doubt whether `process` arrived. */
  doubtSince?: number;
  /** Which call it was whose `process` Notus accepted; the waits between looks grow from there. */
  acceptedByCall?: number;
  /** Since when the session is COMPLETED with an empty individualId. */
  emptySince?: number;
  /** Why Notus refused `process`. */
  conflict?: string;
  /** The unknown status that was warned of. */
  warnedOf?: string;
  /** The last status that was seen. */
  notusStatus?: string;
}

/** What one schedule of the poll hands to the next. */
export interface PollCarry extends PollFacts {
  /** Calls made so far; those since `process` was accepted lengthen the wait between looks. */
  calls: number;
}

export interface PollResultArgs {
  sessionId: string;
  known: PollCarry;
  watch: Watch;
}

export type PollResult =
  | { kind: 'completed'; individualId: string | null; individualIdMissing: boolean }
  | { kind: 'failed'; traceId: string | null }
  | { kind: 'expired'; processed: boolean }
  /** Notus refuses to process and the session is still PENDING: it lacks its documents. */
  | { kind: 'uploadsRefused'; message: string }
  /** The deadline is here and the session is not final. */
  | { kind: 'undecided'; notusStatus: string };

type PollMemory = Memory & PollFacts;

const PENDING = 'PENDING';
const KNOWN_STATUSES = [PENDING, 'PROCESSING', 'VERIFYING', 'COMPLETED', 'FAILED', 'EXPIRED'];

/**
 * Posts `process` once and looks until Notus has decided. Each attempt makes one call, so that a rate cap on the task
 * queue is a cap on calls; the server's retry is the loop, so that history does not grow with time.
 */
export function pollResult(notus: Pick<NotusClient, 'process' | 'getSession'>) {
  return async (args: PollResultArgs): Promise<PollResult> => {
    const { calls, ...facts } = args.known;
    const attempt = new Attempt<PollMemory>(facts);
    const sent = whatWasSent(facts.sent, attempt.info, attempt.before);
    const poll = new Poll(notus, args, attempt, calls + attempt.info.attempt);
    return sent === 'never' ? poll.postProcess() : poll.look(sent);
  };
}

/**
 * Only the attempt right before can vouch that nothing was sent. An attempt without details proves nothing unless it is
 * the first of the schedule; an operator's activity reset sets the count back to 1, but not the time of scheduling.
 */
export function whatWasSent(
  known: Sent,
  info: Pick<Info, 'attempt' | 'scheduledTimestampMs' | 'currentAttemptScheduledTimestampMs'>,
  before: Pick<PollMemory, 'attempt' | 'sent'> | undefined,
): Sent {
  if (before !== undefined && before.sent !== 'never') return before.sent;
  if (before !== undefined) return before.attempt === info.attempt - 1 ? 'never' : 'perhaps';
  const isFirst = info.attempt === 1 && info.currentAttemptScheduledTimestampMs === info.scheduledTimestampMs;
  return isFirst || known === 'accepted' ? known : 'perhaps';
}

/** One attempt: one call to Notus, and what follows from its answer. */
class Poll {
  constructor(
    private readonly notus: Pick<NotusClient, 'process' | 'getSession'>,
    private readonly args: PollResultArgs,
    private readonly attempt: Attempt<PollMemory>,
    /** This one included. */
    private readonly calls: number,
  ) {}

  async postProcess(): Promise<PollResult> {
    const { attempt } = this;
    attempt.assume({ sent: 'perhaps' });
    try {
      const { sessionId } = this.args;
      const { traceId } = await attempt.during(this.notus.process(sessionId, attempt.signal));
      log.info('Notus has accepted the documents', { sessionId, traceId });
    } catch (error) {
      return this.afterProcessError(situationOf(error, 'process'), error);
    }
    attempt.assume({ doubtSince: undefined, acceptedByCall: this.calls });
    return this.lookLater('Notus has accepted the documents', 'accepted');
  }

  async look(sent: Sent): Promise<PollResult> {
    const { attempt, args } = this;
    attempt.assume({ sent });
    count('polls');
    let answer: SessionAnswer;
    try {
      answer = await attempt.during(this.notus.getSession(args.sessionId, attempt.signal));
    } catch (error) {
      const situation = situationOf(error, 'get');
      if (situation.kind !== 'gone' && situation.kind !== 'obstacle') throw error;
      // Notus has approved already; nothing that follows may take that away.
      if (attempt.facts.emptySince !== undefined) return this.withoutIndividualId();
      if (situation.kind === 'gone') return this.expired();
      throw obstacleFailure(situation.obstacle, args.watch, attempt, this.carry());
    }
    if (attempt.facts.troubleSince !== undefined) attempt.remember({ troubleSince: undefined });
    attempt.assume({ notusStatus: answer.status });

    switch (answer.status) {
      case 'COMPLETED':
        log.info('Notus has approved the session', { sessionId: args.sessionId, traceId: answer.traceId });
        return this.completed(answer);
      case 'FAILED':
        log.info('Notus has rejected the session', { sessionId: args.sessionId, traceId: answer.traceId });
        return { kind: 'failed', traceId: answer.traceId };
      case 'EXPIRED':
        return this.expired();
      case PENDING:
        return this.pending(sent);
      default:
        this.warnOfUnknown(answer.status);
        return this.lookLater(`Notus says ${answer.status}`, 'accepted');
    }
  }

  private afterProcessError(situation: Situation, error: unknown): PollResult {
    const { attempt, args } = this;
    switch (situation.kind) {
      case 'gone':
        return { kind: 'expired', processed: false };
      case 'obstacle':
        attempt.remember({ sent: 'never' });
        throw obstacleFailure(situation.obstacle, args.watch, attempt, this.carry());
      case 'conflict':
        attempt.remember({ conflict: situation.message });
        throw this.again('ProcessRefused', `${situation.message} Looking at the session to decide.`, LIMITS.soon);
      case 'ambiguous': {
        // The look will tell; calls that hang are an outage from here on, which a look alone would count too late.
        const message = `${situation.message} Looking whether it was accepted.`;
        const obstacle = { code: 'NotusUnavailable', kind: 'outage', message, retryAfterMs: LIMITS.pollFirst } as const;
        throw obstacleFailure(obstacle, args.watch, attempt, this.carry());
      }
      default:
        throw error;
    }
  }

  private completed({ individualId }: SessionAnswer): PollResult {
    if (individualId) return { kind: 'completed', individualId, individualIdMissing: false };
    // An older answer has no such key at all; there, nothing is missing.
    if (individualId === undefined) return { kind: 'completed', individualId: null, individualIdMissing: false };
    return this.withoutIndividualId();
  }

  private expired(): PollResult {
    return { kind: 'expired', processed: this.attempt.facts.conflict === undefined };
  }

  private withoutIndividualId(): PollResult {
    const emptySince = this.attempt.facts.emptySince ?? Date.now();
    const next = Date.now() + LIMITS.pollFirst;
    if (next - emptySince > LIMITS.individualIdWait || next >= this.args.watch.deadlineAt) {
      return { kind: 'completed', individualId: null, individualIdMissing: true };
    }
    if (this.attempt.facts.emptySince === undefined) this.attempt.remember({ emptySince });
    const message = 'Notus says COMPLETED without an individualId; looking again.';
    throw notYet('IndividualIdPending', message, LIMITS.pollFirst, this.carry());
  }

  private pending(sent: Sent): PollResult {
    const { attempt } = this;
    const { conflict } = attempt.facts;
    if (conflict !== undefined) return { kind: 'uploadsRefused', message: conflict };
    if (sent === 'accepted') return this.lookLater('Notus says PENDING', sent);

    const doubtSince = attempt.facts.doubtSince ?? Date.now();
    const doubtLeft = doubtSince + LIMITS.processDoubt - Date.now();
    if (doubtLeft > 0) {
      if (attempt.facts.doubtSince === undefined) attempt.remember({ doubtSince });
      return this.lookLater('Notus says PENDING; it is not known yet whether it was told to process', sent, doubtLeft);
    }
    log.warn('Notus still says PENDING: telling it to process again', { sessionId: this.args.sessionId });
    count('processRepeated');
    attempt.remember({ sent: 'never', doubtSince: undefined });
    throw this.again('ProcessAgain', 'Notus still says PENDING; telling it to process again.', LIMITS.soon);
  }

  /** Ends an attempt that a look has to follow: through the server, or through the workflow if it has news. */
  private lookLater(what: string, sent: Sent, longestMs = Infinity): PollResult {
    const { attempt, calls } = this;
    const { acceptedByCall = 1 } = attempt.facts;
    const { deadlineAt, known, quiet } = this.args.watch;
    const left = deadlineAt - Date.now();
    if (left <= LIMITS.pollLastLook) return { kind: 'undecided', notusStatus: attempt.facts.notusStatus ?? PENDING };
    const delay = Math.max(
      Math.min(pollDelay(calls - acceptedByCall), left - LIMITS.pollLastLook, longestMs),
      LIMITS.soon,
    );
    const message = `${what} (call ${calls}); next look in ${seconds(delay)}.`;
    attempt.assume({ sent });
    if (known !== null && !quiet) throw recovered(message, delay, this.carry());
    const { before, facts } = attempt;
    if (before?.sent !== sent || before.notusStatus !== facts.notusStatus) attempt.remember({});
    throw notYet('NotDecidedYet', message, delay, this.carry());
  }

  private again(type: string, message: string, retryInMs: number): Error {
    return tryAgain(type, { code: null, message, retryInMs, carry: this.carry() });
  }

  private carry(): PollCarry {
    const { facts } = this.attempt;
    const { sent = 'perhaps', doubtSince, acceptedByCall, emptySince, conflict, warnedOf, notusStatus } = facts;
    return { sent, doubtSince, acceptedByCall, emptySince, conflict, warnedOf, notusStatus, calls: this.calls };
  }

  private warnOfUnknown(status: string): void {
    const { attempt } = this;
    if (KNOWN_STATUSES.includes(status) || attempt.facts.warnedOf === status) return;
    const { sessionId } = this.args;
    log.warn('Notus gives a status that it does not document; it is not taken as final', { status, sessionId });
    attempt.remember({ warnedOf: status });
  }
}

/** How the waits between looks grow. */
export type PollSchedule = Readonly<Record<'pollFirst' | 'pollFactor' | 'pollLongest' | 'pollJitter', number>>;

/** Milliseconds until the next look after `looks` of them; jitter only lengthens, so that looks don't come in step. */
export function pollDelay(looks: number, random = Math.random, schedule: PollSchedule = LIMITS): number {
  const { pollFirst, pollFactor, pollLongest, pollJitter } = schedule;
  const plain = Math.min(pollFirst * pollFactor ** Math.min(looks, 20), pollLongest);
  return Math.round(plain * (1 + random() * pollJitter));
}
