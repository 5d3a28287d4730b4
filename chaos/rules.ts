import { requiredSides, SIDES } from '../src/contract';
import { LIMITS } from '../src/limits';
import { SCENARIOS } from '../src/sandbox/scenarios';
import { courseOf, statusInCourse } from '../src/sandbox/scenario';
import type { SandboxCall, SandboxSession } from '../src/sandbox/server';
import { isSameAnswer } from './answer';
import type { VerificationFacts } from './facts';

/** What must hold of each verification, whatever was killed on its way. */
export interface Rule {
  name: RuleName;
  /** A sentence for each time the verification broke it. */
  broken: (facts: VerificationFacts) => string[];
}

export type RuleName =
  | 'one ending'
  | 'the ending of its scenario'
  | 'callers are answered'
  | 'process once'
  | 'process after the uploads'
  | "the applicant's documents"
  | 'no uncounted session'
  | 'no failed workflow task'
  | 'its history replays'
  | 'no document left'
  | 'no unasked end'
  | 'an orderly end';

const ENDINGS = ['COMPLETED', 'FAILED', 'CANCELED', 'TERMINATED', 'TIMED_OUT', 'CONTINUED_AS_NEW'].map(
  (ending) => `WORKFLOW_EXECUTION_${ending}`,
);

/** A task that a caller's message overtook is given back by the server and done again; nothing of ours has failed. */
const HARMLESS = ['UNHANDLED_COMMAND'];

export const RULES: readonly Rule[] = [
  {
    name: 'one ending',
    broken: ({ events, silence }) => {
      if (silence !== null) return [`Temporal does not tell of it (${silence})`];
      const endings = events.filter(({ type }) => ENDINGS.includes(type)).map(({ type }) => type);
      return endings.length === 1 ? [] : [`its history has ${endings.length} endings (${endings.join(', ')})`];
    },
  },
  {
    name: 'the ending of its scenario',
    broken: ({ planned, answerLater }) =>
      answerLater === null || answerLater.ending === planned.case.ending
        ? []
        : [`it ended ${answerLater.ending}, its scenario demands ${planned.case.ending}`],
  },
  {
    name: 'callers are answered',
    broken: ({ answer, answerLater }) => {
      if (answer === null) return ['the caller who waited from the start got no answer'];
      return isSameAnswer(answer, answerLater) ? [] : ['a caller who asks later gets another answer'];
    },
  },
  {
    name: 'process once',
    broken: (facts) => [...facts.sessions.flatMap((session) => doubled(session, facts)), ...neverProcessed(facts)],
  },
  {
    name: 'process after the uploads',
    broken: ({ sessions, calls }) =>
      sessions.flatMap((session) => {
        const ofSession = calls.filter(({ sessionId }) => sessionId === session.id);
        const processed = ofSession.find(({ operation }) => operation === 'process')?.seq ?? Infinity;
        const stored = ofSession.filter(({ effect, seq }) => effect === 'stored' && seq < processed);
        const missing = sidesOf(session).filter((needed) => !stored.some(({ side }) => side === needed));
        if (processed === Infinity || missing.length === 0) return [];
        return [`process was called on session ${session.id} before its ${missing.join(' and ')}`];
      }),
  },
  {
    name: "the applicant's documents",
    broken: ({ submitted, answerLater, sessions, calls }) => {
      const theirs = new Set(submitted.flatMap((digests) => SIDES.map((side) => `${side} ${digests[side]}`)));
      const strange = calls
        .filter(({ effect, side, sha256 }) => effect === 'stored' && !theirs.has(`${side} ${sha256}`))
        .map(({ side, sessionId }) => `the ${side} of session ${sessionId} is not the applicant's`);
      return [...strange, ...attemptsWithOthers({ submitted, answerLater, sessions })];
    },
  },
  {
    name: 'no uncounted session',
    broken: ({ sessions, status, answerLater }) => {
      const counts = answerLater?.outcome ?? status;
      if (counts === null) return [];
      const { sessionsCreated, possibleOrphanSessions } = counts;
      const told = `${sessionsCreated} created and ${possibleOrphanSessions} possible orphans`;
      const unknown = uncounted(sessions.length, sessionsCreated + possibleOrphanSessions);
      if (unknown > 0) return [`the sandbox has ${sessions.length} sessions, the verification tells of ${told}`];
      return sessionsCreated > sessions.length ? [`it tells of ${told}, the sandbox has ${sessions.length}`] : [];
    },
  },
  {
    name: 'no failed workflow task',
    broken: ({ events }) =>
      events
        .filter(({ type, cause }) => type === 'WORKFLOW_TASK_FAILED' && !HARMLESS.includes(cause ?? ''))
        .map(({ cause }) => `a workflow task failed (${cause})`),
  },
  {
    name: 'its history replays',
    broken: ({ divergence }) => (divergence === null ? [] : [`its history does not replay: ${divergence}`]),
  },
];

export const uncounted = (sessions: number, told: number): number => Math.max(0, sessions - told);

/**
 * Repetitions of `process` that the contract does not allow: it may be posted again only when Notus still says PENDING
 * 30 s after it accepted.
 */
export function doubled({ id }: SandboxSession, { planned, sessions, calls }: VerificationFacts): string[] {
  const ofSession = calls.filter(({ sessionId }) => sessionId === id);
  const accepted = ofSession.filter(({ effect }) => effect === 'accepted');
  const twice = accepted.length > 1 ? [`session ${id} was accepted ${accepted.length} times`] : [];
  const scenario = SCENARIOS.find(({ suffix }) => suffix === planned.case.suffix);
  const number = sessions.findIndex((session) => session.id === id);
  const repeats = ofSession.filter((repeat) => {
    if (repeat.effect !== 'repeated') return false;
    const since = accepted[0];
    const elapsed = since === undefined ? 0 : Date.parse(repeat.at) - Date.parse(since.at);
    const looks = ofSession.filter((call) => isLookBetween(call, since, repeat)).length;
    const saidPending = scenario && statusInCourse(courseOf(scenario, number), looks - 1, elapsed) === 'PENDING';
    return !(saidPending && looks > 0 && elapsed >= LIMITS.processDoubt);
  });
  return [...twice, ...repeats.map(({ at }) => `process was repeated on session ${id} at ${at}`)];
}

/** Sessions that Notus is said to have decided, and that its log knows no `process` of. */
function neverProcessed({ answerLater, calls }: Pick<VerificationFacts, 'answerLater' | 'calls'>): string[] {
  const accepted = new Set(calls.filter(({ effect }) => effect === 'accepted').map(({ sessionId }) => sessionId));
  return (answerLater?.outcome?.attempts ?? [])
    .filter(({ outcome, sessionId }) => ['approved', 'rejected'].includes(outcome) && !accepted.has(sessionId))
    .map(({ outcome, sessionId }) => `session ${sessionId} was ${outcome} without a process`);
}

function isLookBetween(call: SandboxCall, from: SandboxCall | undefined, to: SandboxCall): boolean {
  return call.effect === 'looked' && call.seq > (from?.seq ?? Infinity) && call.seq < to.seq;
}

/** Attempts that Notus decided on other documents than those of that attempt. */
function attemptsWithOthers({
  submitted,
  answerLater,
  sessions,
}: Pick<VerificationFacts, 'submitted' | 'answerLater' | 'sessions'>): string[] {
  let rejected = 0;
  return (answerLater?.outcome?.attempts ?? []).flatMap(({ sessionId, outcome }) => {
    const digests = submitted[rejected];
    if (outcome === 'rejected') rejected += 1;
    const session = sessions.find(({ id }) => id === sessionId);
    if (session === undefined) return [`the sandbox does not know session ${sessionId} of the outcome`];
    return sidesOf(session)
      .filter((side) => session.uploads[side] !== digests?.[side])
      .map((side) => `session ${sessionId} was decided with another ${side} than the applicant's`);
  });
}

const sidesOf = ({ category }: SandboxSession): ReturnType<typeof requiredSides> =>
  requiredSides(category as Parameters<typeof requiredSides>[0]);
