import { randomUUID } from 'node:crypto';
import { isGrpcDeadlineError } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time';
import { temporal } from '@temporalio/proto';
import { connectTemporal, type TemporalConnection } from '../client/connect-temporal';
import { GRPC, grpcCode } from '../client/temporal-calls';
import { loadClientConfig, type DeploymentVersion } from '../config';
import { notusTaskQueue } from '../contract';
import { setCurrentCommand } from '../deployment';
import { missingSearchAttributes, SETUP } from '../search-attributes';
import { clockVerdict } from './clock';
import type { CheckGroup } from './doctor-check';

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = temporal.api.enums.v1.TaskQueueType;
const { WORKER_VERSIONING_MODE_VERSIONED } = temporal.api.enums.v1.WorkerVersioningMode;

const ANSWER_MS = 5_000;
/** The shortest poll that a server takes for one. */
const PROBE_MS = 2_500;
/** A worker that lives asks anew at least once a minute. */
const POLL_AGE_MS = 70_000;

/** Temporal as the commands, the clients and the workers need it. */
export function checksOfTemporal(env: NodeJS.ProcessEnv): CheckGroup {
  const connecting = connectTemporal(env);
  const connected = async (): Promise<TemporalConnection> =>
    connecting.catch(() => {
      throw new Error('Not looked at, because Temporal does not answer.');
    });

  const lead = once(async () => serverLead(await connected()));

  const workersOn = async (taskQueueOf: (taskQueue: string) => string, types: readonly number[]): Promise<string> => {
    const name = taskQueueOf(loadClientConfig(env).taskQueue);
    const server = await connected();
    const since = Date.now() + (await lead()) - POLL_AGE_MS;
    const polls = await Promise.all(types.map((type) => pollersOf(server, name, type)));
    const alive = polls.map((pollers) => pollers.filter(({ at }) => at.getTime() > since));
    const counts = alive.map((pollers) => pollers.filter(({ isGivenWork }) => isGivenWork).length);
    if (Math.min(...counts) > 0) return `${Math.max(...counts)} polling ${name}`;
    const idle = alive.flat().find(({ isGivenWork }) => !isGivenWork);
    if (idle?.version) throw new Error(idleWorkers(name, idle.version, server.namespace));
    throw new Error(`No worker polls ${name}: start one (on a checkout "npm run worker"), or set KYC_TASK_QUEUE.`);
  };

  return {
    checks: [
      { name: 'Temporal', run: async () => `answers at ${(await connecting).address}` },
      { name: 'namespace', run: async () => namespaceOf(await connected()) },
      { name: 'search attributes', run: async () => searchAttributesOf(await connected()) },
      { name: "Temporal's clock", run: async () => clockVerdict(await lead(), "Temporal's") },
      { name: 'workers', run: () => workersOn((name) => name, [TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY]) },
      { name: 'workers for Notus', run: () => workersOn(notusTaskQueue, [TASK_QUEUE_TYPE_ACTIVITY]) },
    ],
    close: async () => (await connecting.catch(() => null))?.connection.close(),
  };
}

async function namespaceOf({ connection, namespace }: TemporalConnection): Promise<string> {
  await connection
    .withDeadline(Date.now() + ANSWER_MS, () => connection.workflowService.describeNamespace({ namespace }))
    .catch((error: unknown) => {
      if (grpcCode(error) !== GRPC.notFound) throw error;
      throw new Error(`There is no namespace ${namespace}: run ${SETUP}, or set TEMPORAL_NAMESPACE.`);
    });
  return `${namespace} exists`;
}

async function searchAttributesOf({ connection, namespace }: TemporalConnection): Promise<string> {
  const missing = await connection
    .withDeadline(Date.now() + ANSWER_MS, () => missingSearchAttributes(connection, namespace))
    .catch(() => {
      throw new Error(`The server does not tell which it has: look for them in its UI, or run ${SETUP}.`);
    });
  if (missing.length === 0) return 'all registered';
  throw new Error(`Missing: ${missing.join(', ')}. Register them with ${SETUP}.`);
}

/** How far the server's clock is ahead of this machine's, in milliseconds; right to about a second. */
async function serverLead(temporalServer: TemporalConnection): Promise<number> {
  // Temporal tells its time nowhere, save when it notes a poll; so one is made, on a task queue that nobody else uses.
  const { connection, namespace } = temporalServer;
  const name = `kyc-doctor-${randomUUID()}`;
  const poll = { namespace, taskQueue: { name }, identity: 'kyc doctor' };
  const begin = Date.now();
  await connection
    .withDeadline(begin + PROBE_MS, () => connection.workflowService.pollWorkflowTaskQueue(poll))
    .catch((error: unknown) => {
      if (!isGrpcDeadlineError(error)) throw error;
    });
  const middle = (begin + Date.now()) / 2;
  const [poller] = await pollersOf(temporalServer, name, TASK_QUEUE_TYPE_WORKFLOW);
  if (poller === undefined) throw new Error("Temporal does not tell its time: compare its machine's clock by hand.");
  return poller.at.getTime() - middle;
}

interface Poller {
  /** When it asked last, by the server's clock. */
  at: Date;
  /** Null for a worker without versions. */
  version: DeploymentVersion | null;
  /** Whether the server gives work to workers of its version at all. */
  isGivenWork: boolean;
}

async function pollersOf(
  { connection, namespace }: TemporalConnection,
  name: string,
  taskQueueType: number,
): Promise<Poller[]> {
  const query = { namespace, taskQueue: { name }, taskQueueType };
  const { pollers, versioningInfo } = await connection.withDeadline(Date.now() + ANSWER_MS, () =>
    connection.workflowService.describeTaskQueue(query),
  );
  const { currentDeploymentVersion: current, rampingDeploymentVersion: ramping } = versioningInfo ?? {};
  return (pollers ?? []).flatMap(({ lastAccessTime, deploymentOptions }) => {
    const at = optionalTsToDate(lastAccessTime);
    if (at === undefined) return [];
    const { deploymentName, buildId, workerVersioningMode } = deploymentOptions ?? {};
    const isVersioned = workerVersioningMode === WORKER_VERSIONING_MODE_VERSIONED && deploymentName && buildId;
    const version = isVersioned ? { deploymentName, buildId } : null;
    // Without a ramp the server names none, which is not to be taken for one to workers without versions.
    const isGivenWork = isSame(current, version) || (Boolean(ramping) && isSame(ramping, version));
    return [{ at, version, isGivenWork }];
  });
}

type NamedVersion = { [name in keyof DeploymentVersion]?: string | null } | null | undefined;

/** The server names no version where it means workers without one. */
function isSame(a: NamedVersion, b: NamedVersion): boolean {
  return (a?.buildId ?? '') === (b?.buildId ?? '') && (a?.deploymentName ?? '') === (b?.deploymentName ?? '');
}

function idleWorkers(name: string, version: DeploymentVersion, namespace: string): string {
  const command = setCurrentCommand(version, namespace);
  return `Workers poll ${name}, but none of them is of the current version, so nothing moves: run "${command}".`;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
