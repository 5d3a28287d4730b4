import { log, metricMeter, type Info } from '@temporalio/activity';
import { LIMITS } from '../limits';
import type { NotusClient, SessionAnswer } from '../notus/client';
import { Attempt, type Memory } from './attempt';
import { situationOf, type Situation } from './failures';
import { notYet, obstacleFailure, recovered, seconds, tryAgain, type Watch } from './obstacles';

/** Whether `process` was posted for the session: surely never, perhaps (the reply was lost), or accepted. */
export type Sent = 'never' | 'perhaps' | 'accepted';

/** What one schedule of the poll hands to the next. */
export interface PollCarry {
  sent: Sent;
  /** Calls made so far, which lengthen the wait between looks. */
  calls: number;
}

export interface PollResultArgs extends PollCarry {
  sessionId: string;
  watch: Watch;
}

export type PollResult =
  | { kind: 'completed'; individualId: string | null; individualIdMissing: boolean }
  | { kind: 'failed'; traceId: string | null }
  | { kind: 'expired' }
  /** Notus refuses to process and the session is still PENDING: it lacks its documents. */
  | { kind: 'uploadsRefused'; message: string }
  /** The deadline is here and the session is not final. */
  | { kind: 'undecided'; notusStatus: string };

interface PollMemory extends Memory {
  sent: Sent;
  /** Since when Notus says PENDING while it is in doubt whether `process` arrived. */
  doubtSince?: number;
  /** Since when the session is COMPLETED with an empty individualId. */
  emptySince?: number;
  /** Why Notus refused `process`. */
  conflict?: string;
  /** The unknown status that was warned of. */
  warnedOf?: string;
}

const FINAL_PENDING = 'PENDING';
const KNOWN_STATUSES = ['PENDING', 'PROCESSING', 'VERIFYING', 'COMPLETED', 'FAILED', 'EXPIRED'];

/**
 * Posts `process` once and looks until Notus has decided. Each attempt makes one call, so that a rate cap on the task
 * queue is a cap on calls; the server's retry is the loop, so that history does not grow with time.
 */
export function pollResult(notus: Pick<NotusClient, 'process' | 'getSession'>) {
  return async (args: PollResultArgs): Promise<PollResult> => {
    const attempt = new Attempt<PollMemory>();
    const sent = whatWasSent(args.sent, attempt.info, attempt.before);
    return sent === 'never' ? postProcess(notus, args, attempt) : look(notus, args, attempt, sent);
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

async function postProcess(
  notus: Pick<NotusClient, 'process'>,
  args: PollResultArgs,
  attempt: Attempt<PollMemory>,
): Promise<PollResult> {
  attempt.assume({ sent: 'perhaps' });
  try {
    await attempt.during(notus.process(args.sessionId, attempt.signal));
  } catch (error) {
    return afterProcessError(situationOf(error, 'process'), error, args, attempt);
  }
  attempt.assume({ troubleSince: undefined, doubtSince: undefined });
  return later('Notus has accepted the documents', 'accepted', args, attempt);
}

function afterProcessError(
  situation: Situation,
  error: unknown,
  args: PollResultArgs,
  attempt: Attempt<PollMemory>,
): PollResult {
  switch (situation.kind) {
    case 'gone':
      return { kind: 'expired' };
    case 'obstacle':
      attempt.remember({ sent: 'never' });
      throw obstacleFailure(situation.obstacle, args.watch, attempt, carry('never', args, attempt));
    case 'conflict':
      attempt.remember({ sent: 'perhaps', conflict: situation.message });
      throw tryAgain(
        'ProcessRefused',
        `${situation.message} Looking at the session to decide.`,
        LIMITS.lostAttemptRetry,
      );
    case 'ambiguous':
      attempt.remember({ sent: 'perhaps' });
      throw tryAgain('ReplyLost', `${situation.message} Looking whether it was accepted.`, LIMITS.pollFirst);
    default:
      throw error;
  }
}

async function look(
  notus: Pick<NotusClient, 'getSession'>,
  args: PollResultArgs,
  attempt: Attempt<PollMemory>,
  sent: Sent,
): Promise<PollResult> {
  attempt.assume({ sent });
  let answer: SessionAnswer;
  try {
    answer = await attempt.during(notus.getSession(args.sessionId, attempt.signal));
  } catch (error) {
    const situation = situationOf(error, 'get');
    if (situation.kind === 'gone') return { kind: 'expired' };
    if (situation.kind !== 'obstacle') throw error;
    throw obstacleFailure(situation.obstacle, args.watch, attempt, carry(sent, args, attempt));
  }
  if (attempt.before?.troubleSince !== undefined) attempt.remember({ troubleSince: undefined });

  switch (answer.status) {
    case 'COMPLETED':
      return completed(answer, args, attempt);
    case 'FAILED':
      log.info('Notus has rejected the session', { sessionId: args.sessionId, traceId: answer.traceId });
      return { kind: 'failed', traceId: answer.traceId };
    case 'EXPIRED':
      return { kind: 'expired' };
    case FINAL_PENDING:
      return pending(args, attempt, sent);
    default:
      warnOfUnknown(answer.status, args.sessionId, attempt);
      return later(`Notus says ${answer.status}`, 'accepted', args, attempt, answer.status);
  }
}

function completed(answer: SessionAnswer, args: PollResultArgs, attempt: Attempt<PollMemory>): PollResult {
  // An older answer has no such key at all; there, nothing is missing.
  const { individualId } = answer;
  if (individualId) return { kind: 'completed', individualId, individualIdMissing: false };
  if (individualId === undefined) return { kind: 'completed', individualId: null, individualIdMissing: false };
  const emptySince = attempt.before?.emptySince ?? Date.now();
  const waited = Date.now() - emptySince;
  if (waited + LIMITS.pollFirst > LIMITS.individualIdWait || Date.now() + LIMITS.pollFirst >= args.watch.deadlineAt) {
    return { kind: 'completed', individualId: null, individualIdMissing: true };
  }
  if (attempt.before?.emptySince === undefined) attempt.remember({ emptySince });
  throw notYet('IndividualIdPending', 'Notus says COMPLETED without an individualId; looking again.', LIMITS.pollFirst);
}

function pending(args: PollResultArgs, attempt: Attempt<PollMemory>, sent: Sent): PollResult {
  const conflict = attempt.before?.conflict;
  if (conflict !== undefined) return { kind: 'uploadsRefused', message: conflict };
  if (sent === 'accepted') return later('Notus says PENDING', sent, args, attempt);

  const doubtSince = attempt.before?.doubtSince ?? Date.now();
  const left = LIMITS.processDoubt - (Date.now() - doubtSince);
  if (left > 0) {
    if (attempt.before?.doubtSince === undefined) attempt.remember({ doubtSince });
    return later('Notus says PENDING; it is not known yet whether it was told to process', sent, args, attempt);
  }
  log.warn('Notus still says PENDING: telling it to process again', { sessionId: args.sessionId });
  metricMeter.createCounter('kyc_process_repeated', 'calls', 'process posted again after a lost reply').add(1);
  attempt.remember({ sent: 'never', doubtSince: undefined });
  throw notYet('ProcessAgain', 'Notus still says PENDING; telling it to process again.', LIMITS.lostAttemptRetry);
}

/** Ends an attempt that has to be followed by a look: through the server, or through the workflow if it has news. */
function later(
  what: string,
  sent: Sent,
  args: PollResultArgs,
  attempt: Attempt<PollMemory>,
  notusStatus = FINAL_PENDING,
): PollResult {
  const left = args.watch.deadlineAt - Date.now();
  if (left <= LIMITS.pollLastLook) return { kind: 'undecided', notusStatus };
  const planned = pollDelay(calls(args, attempt) - 1);
  const delay = Math.max(Math.min(planned, left - LIMITS.pollLastLook), LIMITS.lostAttemptRetry);
  const message = `${what} (call ${calls(args, attempt)}); next look in ${seconds(delay)}.`;
  if (args.watch.known !== null && !args.watch.quiet) throw recovered(message, delay, carry(sent, args, attempt));
  if (sent === 'accepted' && attempt.before?.sent !== 'accepted') attempt.remember({ sent });
  throw notYet('NotDecidedYet', message, delay);
}

/** Milliseconds until the next look after `looks` of them; jitter only lengthens, so that looks don't come in step. */
export function pollDelay(looks: number, random: () => number = Math.random): number {
  const plain = Math.min(LIMITS.pollFirst * LIMITS.pollFactor ** Math.min(looks, 20), LIMITS.pollLongest);
  return Math.round(plain * (1 + random() * LIMITS.pollJitter));
}

function calls(args: PollCarry, attempt: Attempt<PollMemory>): number {
  return args.calls + attempt.info.attempt;
}

function carry(sent: Sent, args: PollResultArgs, attempt: Attempt<PollMemory>): PollCarry {
  return { sent, calls: calls(args, attempt) };
}

function warnOfUnknown(status: string, sessionId: string, attempt: Attempt<PollMemory>): void {
  if (KNOWN_STATUSES.includes(status) || attempt.before?.warnedOf === status) return;
  log.warn('Notus gives a status that it does not document; it is not taken as final', { status, sessionId });
  attempt.remember({ warnedOf: status });
}
