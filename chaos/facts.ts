import { temporal } from '@temporalio/proto';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { millisecondsOf } from '../bench/times';
import type { VerificationStatus } from '../src/client';
import { replay } from '../src/replay/replay';
import type { SandboxCall, SandboxSession } from '../src/sandbox/server';
import { answerOf, type Answer } from './answer';
import type { Lived } from './applicant';
import type { Ground } from './ground';
import { persist } from './persistence';
import { Turns } from './turns';

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
  /** Of one without an outcome, which would tell the same. */
  status: Pick<VerificationStatus, 'sessionsCreated' | 'possibleOrphanSessions'> | null;
  events: HistoryEvent[];
  /** Why Temporal would not tell of it; null when it did. */
  silence: string | null;
  /** Why the workflow code would not make its history again; null when it does. */
  divergence: string | null;
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
  /** How often a worker that was asked to end did so with an error, or had to be killed. */
  unorderlyEnds: number;
}

/** So many verifications are asked about at a time. */
const AT_A_TIME = 8;

/** Asks everybody who knows, when nothing is under way any more: Temporal, the workers, the sandbox and the store. */
export async function gather(lives: readonly Lived[], ground: Ground, signal: AbortSignal): Promise<Facts> {
  const turns = new Turns(AT_A_TIME);
  const known = await Promise.all(
    lives.map((lived) =>
      turns.take(async () => {
        signal.throwIfAborted();
        return { ...lived, ...(await askTemporal(lived, ground, signal)), ...(await askSandbox(lived, ground)) };
      }),
    ),
  );
  const divergences = await replayed(known, ground);
  return {
    verifications: known.map(({ runId, ...one }) => ({ ...one, divergence: divergences.get(runId) ?? null })),
    leftInStore: ground.stored,
    unaskedEnds: [...ground.workers, ground.sandbox].reduce((sum, { unaskedEnds }) => sum + unaskedEnds, 0),
    unorderlyEnds: ground.workers.reduce((sum, { unorderlyEnds }) => sum + unorderlyEnds, 0),
  };
}

/** Each history is played against the workflow code once more, as a worker does that has forgotten the verification. */
async function replayed(
  known: readonly { planned: Lived['planned']; runId: string }[],
  { kyc, code }: Ground,
): Promise<Map<string, string | null>> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'off' } } });
  const runs = known
    .filter(({ runId }) => runId !== '')
    .map(({ planned, runId }) => ({ workflowId: planned.id, runId }));
  const divergences = new Map<string, string | null>();
  for await (const { runId, reason } of replay(kyc.temporal, code, runs)) divergences.set(runId, reason);
  return divergences;
}

type OfSandbox = Pick<VerificationFacts, 'sessions' | 'calls'>;

async function askSandbox({ planned }: Lived, ground: Ground): Promise<OfSandbox> {
  const { documentId } = planned;
  return {
    sessions: await ground.read<SandboxSession>('sessions', documentId),
    calls: await ground.read<SandboxCall>('calls', documentId),
  };
}

type OfTemporal = Pick<VerificationFacts, 'answerLater' | 'status' | 'events' | 'silence'> & { runId: string };

async function askTemporal({ planned, answer }: Lived, { kyc }: Ground, signal: AbortSignal): Promise<OfTemporal> {
  const verification = kyc.get(planned.id);
  try {
    const handle = kyc.temporal.workflow.getHandle(planned.id);
    const history = await persist(() => handle.fetchHistory(), signal);
    const events = (history.events ?? []).map((event) => ({
      type: nameOf(EventType[event.eventType ?? 0]),
      at: millisecondsOf(event.eventTime),
      cause: causeOf(event.workflowTaskFailedEventAttributes?.cause),
    }));
    // One that is not over yet would keep its caller waiting for ever.
    const answerLater = answer === null ? null : await answerOf(verification.outcome({ signal }));
    const status = answerLater?.outcome ? null : await persist(() => verification.status(), signal);
    const runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId ?? '';
    return { answerLater, status, events, runId, silence: null };
  } catch (error) {
    signal.throwIfAborted();
    return { answerLater: null, status: null, events: [], runId: '', silence: String(error) };
  }
}

const nameOf = (type: string | undefined): string => (type ?? 'UNKNOWN').replace('EVENT_TYPE_', '');

const causeOf = (cause: number | null | undefined): string | null =>
  cause === null || cause === undefined
    ? null
    : (WorkflowTaskFailedCause[cause] ?? 'UNKNOWN').replace('WORKFLOW_TASK_FAILED_CAUSE_', '');
