import type { ObservedStatus } from '../client';
import type { VerificationStatus } from '../contract';
import { localTime, rows } from './layout';

/** A status as a person reads it, on several lines. */
export function describeStatus(status: VerificationStatus & Partial<ObservedStatus>): string {
  const { problem, pending, possibleOrphanSessions } = status;
  return rows([
    ['verification', status.verificationId],
    ['stage', status.stage],
    ['outcome', status.stage === 'closed' ? (status.outcome ?? 'none: "kyc outcome" tells why') : null],
    ['attempt', status.maxAttempts > 1 ? `${status.attempt} of ${status.maxAttempts}` : null],
    ['session', status.sessionId && `${status.sessionId} (${status.notusStatus ?? 'not seen yet'})`],
    ['sessions', `${status.sessionsCreated} opened${lost(possibleOrphanSessions)}`],
    ['awaits', status.documentsDeadline && `${status.requiredDocuments.join(' and ')}`],
    ['until', until(status)],
    ['forms expire', localTime(status.formsExpireAt)],
    ['face step', status.livenessUrl],
    ['problem', problem && `${problem.code} since ${localTime(problem.at)}: ${problem.message}`],
    [
      'trying',
      pending ? `${pending.activityId}, attempt ${pending.attempt}${pending.paused ? ', paused by hand' : ''}` : null,
    ],
    ['last answer', pending?.lastAnswer ?? null],
    ['next look', localTime(pending?.nextLookAt ?? null)],
  ]);
}

/** The same on one line, for a log of changes. */
export function summarizeStatus({ stage, outcome, sessionId, notusStatus, problem }: VerificationStatus): string {
  const session = sessionId && `session ${sessionId}${notusStatus === null ? '' : ` ${notusStatus}`}`;
  return [stage, outcome, session, problem && `${problem.code}: ${problem.message}`].filter(Boolean).join('  ');
}

function until({ documentsDeadline, resultDeadline }: VerificationStatus): string | null {
  if (documentsDeadline !== null) return `${localTime(documentsDeadline)}, then abandoned`;
  return resultDeadline && `${localTime(resultDeadline)}, then timedOut`;
}

function lost(possibleOrphanSessions: number): string {
  return possibleOrphanSessions === 0 ? '' : `, ${possibleOrphanSessions} more perhaps (answer lost)`;
}
