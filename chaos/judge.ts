import type { Facts } from './facts';
import { doubled, RULES, uncounted, type RuleName } from './rules';

export interface BrokenRule {
  rule: RuleName;
  /** A sentence: which verification, and what is wrong. */
  what: string;
}

export interface Judgement {
  /** Verifications without an ending. */
  lost: number;
  /** Calls of `process` that were repeated without need. */
  doubled: number;
  /** Sessions at the sandbox that no verification tells of. */
  unknownOrphans: number;
  /** Creates whose answer was lost, as the verifications tell them. */
  possibleOrphans: number;
  /** Sessions at the sandbox that the verifications do not know by their id. */
  orphans: number;
  broken: BrokenRule[];
}

/** Judges a run by what was seen of it. */
export function judge({ verifications, leftInStore, unaskedEnds, unorderlyEnds }: Facts): Judgement {
  const sum = (count: (one: Facts['verifications'][number]) => number): number =>
    verifications.reduce((total, one) => total + count(one), 0);
  const told = ({ status, answerLater }: Facts['verifications'][number]): { created: number; orphans: number } => {
    const counts = answerLater?.outcome ?? status;
    return { created: counts?.sessionsCreated ?? 0, orphans: counts?.possibleOrphanSessions ?? 0 };
  };
  const broken = verifications.flatMap((one) =>
    RULES.flatMap((rule) =>
      rule.broken(one).map((what) => ({
        rule: rule.name,
        what: `${one.planned.id} (${one.planned.case.scenario}): ${what}`,
      })),
    ),
  );
  const left = leftInStore.map((name): BrokenRule => ({ rule: 'no document left', what: `${name} is in the store` }));
  const unasked = `a worker or the sandbox ended ${unaskedEnds} times by itself`;
  const unorderly = `a worker that was asked to end failed to ${unorderlyEnds} times`;
  const ends: BrokenRule[] = [
    ...(unaskedEnds > 0 ? [{ rule: 'no unasked end', what: unasked } as const] : []),
    ...(unorderlyEnds > 0 ? [{ rule: 'an orderly end', what: unorderly } as const] : []),
  ];
  return {
    lost: sum(({ answerLater }) => (answerLater === null ? 1 : 0)),
    doubled: sum((one) => one.sessions.flatMap((session) => doubled(session, one)).length),
    unknownOrphans: sum((one) => uncounted(one.sessions.length, told(one).created + told(one).orphans)),
    possibleOrphans: sum((one) => told(one).orphans),
    orphans: sum((one) => Math.max(0, one.sessions.length - told(one).created)),
    broken: [...broken, ...left, ...ends],
  };
}
