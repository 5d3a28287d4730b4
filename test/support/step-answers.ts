import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ObstacleReport } from '../../src/activities/obstacles';
import type { PollCarry, Sent } from '../../src/activities/poll-result';
import type { ProblemCode } from '../../src/contract';
import { openedSession, type Answer, type ArgsOf, type Step } from './fake-activities';

/** "Not yet": the server makes the next attempt after so many milliseconds. */
export function notYet<S extends Step>(nextRetryDelay: number, notusStatus?: string): Answer<S> {
  return triedAgain('NotDecidedYet', null, nextRetryDelay, 'accepted', notusStatus);
}

/** Comes back to the workflow with an obstacle, or with its end if `code` is null. */
export function comesBack<S extends Step>(
  code: ProblemCode | null,
  message = 'Something is in the way.',
  retryInMs = 60_000,
): Answer<S> {
  return (args) => {
    const carry = carryOf(args, code === null ? 'accepted' : undefined);
    throw finalFailure(code ?? 'Recovered', message, { code, message, retryInMs, carry } satisfies ObstacleReport);
  };
}

/**
 * An obstacle that stays, told by the rules of the real steps: comes back once when it is news, else the server tries
 * again every so many milliseconds, and nothing is planned past the deadline.
 */
export function obstructed<S extends Step>(code: ProblemCode, everyMs = 30_000): Answer<S> {
  return (args, attempt) => {
    const { known, quiet, deadlineAt } = watchOf(args);
    const isNews = known !== code && !quiet;
    const answer =
      isNews || attempt.at + everyMs >= deadlineAt
        ? comesBack<S>(code, undefined, everyMs)
        : triedAgain<S>(code, code, everyMs);
    return answer(args, attempt);
  };
}

/** Fails so that the server tries again, with what the workflow is to know if time runs out before that. */
function triedAgain<S extends Step>(
  type: string,
  code: ProblemCode | null,
  retryInMs: number,
  sent?: Sent,
  notusStatus?: string,
): Answer<S> {
  return (args) => {
    const message = 'Not yet.';
    const report: ObstacleReport = { code, message, retryInMs, carry: carryOf(args, sent, notusStatus) };
    throw ApplicationFailure.create({ type, message, nextRetryDelay: retryInMs, details: [report] });
  };
}

/** What a poll hands to the next one; an obstacle changes nothing of what was sent and seen. */
function carryOf(args: ArgsOf<Step>, sent?: Sent, notusStatus?: string): PollCarry | undefined {
  if (!('sessionId' in args)) return undefined;
  const { known } = args;
  const calls = known.calls + 1;
  return { ...known, calls, sent: sent ?? known.sent, notusStatus: notusStatus ?? known.notusStatus };
}

/** Ends for good; the workflow decides by the type. */
export function failsFinally<S extends Step>(type: string, message: string, ...details: unknown[]): Answer<S> {
  return () => {
    throw finalFailure(type, message, ...details);
  };
}

/** Fails in a way nobody planned for. */
export function breaks<S extends Step>(): Answer<S> {
  return () => {
    throw new Error('broken');
  };
}

/** The answer to a create got lost: Notus may have opened a session. */
export const answerLost: Answer<'createSession'> = failsFinally('Ambiguous', 'Notus failed (HTTP 500).', false);

/** Notus answered a create with something that is no session. */
export const notASession: Answer<'createSession'> = failsFinally('Ambiguous', 'That is not a session.', true);

/** Is in flight for so long, by the server's clock, with its worker alive, then answers. */
export function inFlight<S extends Step>(milliseconds: number, answer: Answer<S>): Answer<S> {
  return (args, attempt) => attempt.pass(milliseconds).then(() => answer(args, attempt));
}

/** Holds attempts in flight until the test lets them go, or its worker shuts down. */
export class Gate {
  private open: () => void = () => undefined;
  private arrive: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));
  /** Settles once an attempt has come to the gate. */
  readonly reached = new Promise<void>((resolve) => (this.arrive = resolve));

  holds<S extends Step>(answer: Answer<S>): Answer<S> {
    return (args, attempt) => {
      this.arrive();
      return Promise.race([this.opened, Context.current().cancelled]).then(() => answer(args, attempt));
    };
  }

  release(): void {
    this.open();
  }
}

/** Looks every so often and never sees a decision, by the rules of the real step. */
export function staysUndecided(everyMs: number): Answer<'pollResult'> {
  return (args, attempt) => {
    const left = args.watch.deadlineAt - attempt.at;
    if (left <= 2_000) return { kind: 'undecided', notusStatus: 'VERIFYING' };
    return notYet<'pollResult'>(Math.min(everyMs, left - 2_000))(args, attempt);
  };
}

/** Opens a session whose forms live so long. */
export function opensFor(formLife: number): Answer<'createSession'> {
  return (_args, { activityId, at }) => openedSession(activityId, at + formLife);
}

export const completes: Answer<'pollResult'> = () => ({
  kind: 'completed',
  individualId: 'ind_1',
  individualIdMissing: false,
});
export const fails: Answer<'pollResult'> = () => ({ kind: 'failed', traceId: null });
export const expires: Answer<'pollResult'> = () => ({ kind: 'expired', processed: true });
export const uploadsRefused: Answer<'pollResult'> = () => ({
  kind: 'uploadsRefused',
  message: 'Notus refused to process the session (HTTP 400).',
});

export const formDead: Answer<'uploadDocument'> = () => ({ kind: 'formDead' });
export const uploadRefused: Answer<'uploadDocument'> = () => ({
  kind: 'refused',
  tooLarge: false,
  message: 'The upload storage refuses it.',
});
export const tooLarge: Answer<'uploadDocument'> = () => ({
  kind: 'refused',
  tooLarge: true,
  message: 'It is too big.',
});

export const unusable: Answer<'inspectDocuments'> = () => ({
  usable: false,
  code: 'DocumentUnusable',
  message: 'front: The document is empty.',
});

function finalFailure(type: string, message: string, ...details: unknown[]): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details });
}

function watchOf(args: ArgsOf<Step>): { known: ProblemCode | null; quiet: boolean; deadlineAt: number } {
  if (!('watch' in args)) throw new Error('This step is told nothing of obstacles.');
  return args.watch;
}
