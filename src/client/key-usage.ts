import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { keyIdsIn } from '../privacy/key-ids';
import { eventsOf } from './run-history';
import { GRPC, grpcCode } from './temporal-calls';

/** How much of a namespace is encrypted with one key. */
export interface KeyUsage {
  keyId: string;
  /** Runs with at least one payload under it. */
  executions: number;
  /** ISO time at which the newest of them was started. */
  newestStart: string;
}

const AT_ONCE = 8;

/**
 * Reads the history and the pending steps of every execution in the namespace, whatever its type. What starts meanwhile
 * may be missed, and is under the key that encrypts now. `onRead` is told how many were read, and may throw to stop.
 */
export async function findKeyUsage(client: Client, onRead: (executions: number) => void): Promise<KeyUsage[]> {
  const usage = new Map<string, KeyUsage>();
  let read = 0;
  const executions = client.workflow.list()[Symbol.asyncIterator]();
  const readOn = async (): Promise<void> => {
    for (let next = await executions.next(); !next.done; next = await executions.next()) {
      const { startTime } = next.value;
      for (const keyId of await keysOf(client, next.value)) count(usage, keyId, startTime.toISOString());
      onRead(++read);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readOn));
  return [...usage.values()].sort((one, other) => one.newestStart.localeCompare(other.newestStart));
}

async function keysOf(client: Client, { workflowId, runId }: WorkflowExecutionInfo): Promise<Set<string>> {
  const keyIds = new Set<string>();
  const add = (message: unknown): void => keyIdsIn(message).forEach((keyId) => keyIds.add(keyId));
  try {
    for await (const event of eventsOf(client, { workflowId, runId })) add(event);
    // Heartbeats and the last failure of a step are not in the history yet.
    add((await client.workflow.getHandle(workflowId, runId).describe()).raw);
  } catch (error) {
    // It may be deleted after it was listed.
    if (grpcCode(error) !== GRPC.notFound && !(error instanceof Error && error.name === 'WorkflowNotFoundError'))
      throw error;
  }
  return keyIds;
}

function count(usage: Map<string, KeyUsage>, keyId: string, startedAt: string): void {
  const known = usage.get(keyId) ?? { keyId, executions: 0, newestStart: startedAt };
  known.executions += 1;
  if (startedAt > known.newestStart) known.newestStart = startedAt;
  usage.set(keyId, known);
}
