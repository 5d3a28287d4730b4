import type { VerificationStatus } from '../../src/contract';
import type { Foretold } from './model-record';

/** What of a status the model foretells. */
export function seenOf(status: VerificationStatus): Foretold {
  const { stage, attempt, sessionId, notusStatus, sessionsCreated, possibleOrphanSessions, outcome } = status;
  const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));
  return {
    ...{ stage, attempt, sessionId, notusStatus, sessionsCreated, possibleOrphanSessions, outcome },
    problem: status.problem?.code ?? null,
    documentsDeadline: instant(status.documentsDeadline),
    resultDeadline: instant(status.resultDeadline),
    formsExpireAt: instant(status.formsExpireAt),
  };
}

/** Instants may differ by what the server took to get there. */
export function isSame(seen: object, foretold: object): boolean {
  const told = new Map(Object.entries(foretold));
  return Object.entries(seen).every(([key, value]: [string, unknown]) => {
    const other: unknown = told.get(key);
    if (typeof value === 'number' && typeof other === 'number' && /Deadline|Expire/.test(key)) {
      return Math.abs(value - other) < 5_000;
    }
    return JSON.stringify(value) === JSON.stringify(other);
  });
}
