import { createHash } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import type { VerificationHandle, VerificationOutcome } from '../../src/client';
import type { SandboxSession } from '../../src/sandbox/server';
import { PHOTOS, type Photos, type Place } from './end-to-end';

const { EventType } = temporal.api.enums.v1;

/** What must hold of a verification whatever was killed on its way. */
export interface Verdict {
  /** The kinds of the events that ended it: one alone. */
  endings: string[];
  failedWorkflowTasks: number;
  /** How often Notus took `process`, for each attempt of the outcome. */
  processCalls: number[];
  /** Sessions that Notus processed and the outcome does not name. */
  strayAttempts: string[];
  /** Sessions at Notus that the outcome counts neither as created nor as possible orphans. */
  uncountedSessions: number;
  /** Sides whose bytes at Notus are not the applicant's. */
  wrongUploads: string[];
  /** Documents left in the store. */
  leftInStore: string[];
}

/** The verdict of a verification that went as promised, with so many attempts. */
export function flawless(attempts = 1): Verdict {
  return {
    endings: ['WORKFLOW_EXECUTION_COMPLETED'],
    failedWorkflowTasks: 0,
    processCalls: Array.from({ length: attempts }, () => 1),
    strayAttempts: [],
    uncountedSessions: 0,
    wrongUploads: [],
    leftInStore: [],
  };
}

/** Judges a verification by what the sandbox saw of the person, by the history and by the store. */
export async function judge(
  place: Place,
  { verificationId }: VerificationHandle,
  outcome: VerificationOutcome,
  { documentId, attempts = [PHOTOS] }: { documentId: string; attempts?: readonly Photos[] },
): Promise<Verdict> {
  const sessions = place.sandbox.sessions(documentId);
  const attempted = outcome.attempts.map(({ sessionId }) => sessions.find(({ id }) => id === sessionId));
  const { events } = await place.kyc.temporal.workflow.getHandle(verificationId).fetchHistory();
  const kinds = (events ?? []).map(({ eventType }) => EventType[eventType ?? 0]?.replace('EVENT_TYPE_', '') ?? '');
  return {
    endings: kinds.filter((kind) => ENDINGS.includes(kind)),
    failedWorkflowTasks: kinds.filter((kind) => kind === 'WORKFLOW_TASK_FAILED').length,
    processCalls: attempted.map((session) => session?.processCalls ?? 0),
    strayAttempts: sessions.filter((one) => one.processCalls > 0 && !attempted.includes(one)).map(({ id }) => id),
    uncountedSessions: Math.max(0, sessions.length - outcome.sessionsCreated - outcome.possibleOrphanSessions),
    wrongUploads: attempted.flatMap((session, index) => wrongUploads(session, attempts[index] ?? PHOTOS)),
    leftInStore: place.stored,
  };
}

const ENDINGS = ['COMPLETED', 'FAILED', 'CANCELED', 'TERMINATED', 'TIMED_OUT'].map(
  (ending) => `WORKFLOW_EXECUTION_${ending}`,
);

function wrongUploads(session: SandboxSession | undefined, photos: Photos): string[] {
  const sides = Object.entries(photos) as [keyof Photos, Buffer][];
  return sides.filter(([side, bytes]) => session?.uploads[side] !== sha256(bytes)).map(([side]) => side);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
