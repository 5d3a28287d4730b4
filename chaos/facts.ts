import { temporal } from '@temporalio/proto';
import type { VerificationStatus } from '../src/client';
import type { SandboxCall, SandboxSession } from '../src/sandbox/server';
import { answerOf, type Answer } from './answer';
import type { Lived } from './applicant';
import type { Ground } from './ground';
import { persist } from './persistence';

const { EventType, WorkflowTaskFailedCause } = temporal.api.enums.v1;

export interface HistoryEvent {
  /** Such as `WORKFLOW_TASK_COMPLETED`. */
  type: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Why a workflow task failed. */
  cause: string | null;
}

/** All that is known of one verification after the run. */
export interface VerificationFacts extends Lived {
  /** What `outcome()` tells a caller who asks after the run; null when it tells nothing. */
  answerLater: Answer | null;
  status: Pick<VerificationStatus, 'sessionsCreated' | 'possibleOrphanSessions'> | null;
  events: HistoryEvent[];
  /** Sessions and calls of this person at the sandbox, oldest first. */
  sessions: SandboxSession[];
  calls: SandboxCall[];
}

/** What the judge judges: plain data. */
export interface Facts {
  verifications: VerificationFacts[];
  /** Documents that are still in the store. */
  leftInStore: string[];
  /** How often a worker or the sandbox ended by itself. */
  unaskedEnds: number;
}

/** Asks everybody who knows: Temporal, the workers, the sandbox and the store. */
export async function gather(lives: readonly Lived[], ground: Ground, signal: AbortSignal): Promise<Facts> {
  const verifications: Omit<VerificationFacts, 'sessions' | 'calls'>[] = [];
  for (const lived of lives) verifications.push({ ...lived, ...(await askTemporal(lived, ground, signal)) });
  // Read at the end, when nothing is under way any more.
  const [sessions, calls] = await Promise.all([
    ground.read<SandboxSession>('sessions'),
    ground.read<SandboxCall>('calls'),
  ]);
  return {
    verifications: verifications.map((one) => {
      const isTheirs = ({ documentId }: { documentId: string | null }): boolean =>
        documentId === one.planned.documentId;
      return { ...one, sessions: sessions.filter(isTheirs), calls: calls.filter(isTheirs) };
    }),
    leftInStore: ground.stored,
    unaskedEnds: [...ground.workers, ground.sandbox].reduce((sum, { unaskedEnds }) => sum + unaskedEnds, 0),
  };
}

type OfTemporal = Pick<VerificationFacts, 'answerLater' | 'status' | 'events'>;

async function askTemporal({ planned, answer }: Lived, { kyc }: Ground, signal: AbortSignal): Promise<OfTemporal> {
  const verification = kyc.get(planned.id);
  try {
    const { history, status } = await persist(async () => {
      const fetched = await kyc.temporal.workflow.getHandle(planned.id).fetchHistory();
      return { history: fetched, status: await verification.status() };
    }, signal);
    const events = (history.events ?? []).map((event) => ({
      type: nameOf(EventType[event.eventType ?? 0]),
      at: Number(event.eventTime?.seconds ?? 0) * 1_000 + Math.floor((event.eventTime?.nanos ?? 0) / 1_000_000),
      cause: causeOf(event.workflowTaskFailedEventAttributes?.cause),
    }));
    // One that is not over yet would keep its caller waiting for ever.
    const answerLater = answer === null ? null : await answerOf(verification.outcome({ signal }));
    return { answerLater, status, events };
  } catch {
    signal.throwIfAborted();
    return { answerLater: null, status: null, events: [] };
  }
}

const nameOf = (type: string | undefined): string => (type ?? 'UNKNOWN').replace('EVENT_TYPE_', '');

const causeOf = (cause: number | null | undefined): string | null =>
  cause === null || cause === undefined
    ? null
    : (WorkflowTaskFailedCause[cause] ?? 'UNKNOWN').replace('WORKFLOW_TASK_FAILED_CAUSE_', '');
