import { setTimeout as sleep } from 'node:timers/promises';
import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure, NamespaceNotFoundError, ValueError, WorkflowNotFoundError } from '@temporalio/common';
import { QUERY_AHEAD, WORKFLOW_TYPE } from '../contract';
import { UnreadablePayloadError } from '../privacy/codec';
import { ENCODING } from '../privacy/envelope';
import {
  KycError,
  PayloadUnreadableError,
  TemporalUnavailableError,
  VerificationNotFoundError,
  WorkerUnavailableError,
} from './errors';

/** gRPC's status codes (gRPC docs) that say something to a caller. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

const TRANSIENT: readonly number[] = [
  GRPC.cancelled,
  GRPC.unknown,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  GRPC.aborted,
  GRPC.internal,
  GRPC.unavailable,
  GRPC.dataLoss,
];

/** How long Temporal, or a worker through it, may take to answer. */
const ANSWER_MS = 15_000;
const PROBE_MS = 10_000;
const GIVES_UP_MS = 1_000;
const ASK_AGAIN_MS = 200;

/** Calls to Temporal about one verification: bounded in time, and never with a raw error. */
export class TemporalCalls {
  constructor(
    private readonly client: Client,
    private readonly verificationId: string,
    private readonly taskQueue: string,
  ) {}

  /** A call that Temporal answers by itself. */
  async askServer<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.client.withDeadline(Date.now() + ANSWER_MS, call);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /** Asks again for a bounded time what a worker that restarts has not heard, or can't answer yet. */
  async untilHeard<T>(ask: () => Promise<T>): Promise<T> {
    let end: number | undefined;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!wasNotHeard(error)) throw error;
        end ??= Date.now() + ANSWER_MS;
        if (Date.now() > end) throw new WorkerUnavailableError(this.verificationId, this.taskQueue);
        await sleep(ASK_AGAIN_MS);
      }
    }
  }

  /** A call that a worker has to answer; refusals of the workflow come as the SDK throws them. */
  async askWorker<T>(call: () => Promise<T>, withinMs = ANSWER_MS): Promise<T> {
    const end = Date.now() + withinMs;
    try {
      return await this.client.withDeadline(end, call);
    } catch (error) {
      const isLate = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
      // Temporal, too, gives up at the end of the time, and may be the first to say so.
      const ranOut = temporalUnavailable(error) !== null && Date.now() > end - GIVES_UP_MS;
      if (!isLate && !ranOut && grpcCode(error) !== GRPC.failedPrecondition) throw this.translate(error);
      // Only an answering server puts the blame on the workers.
      await this.client
        .withDeadline(Date.now() + PROBE_MS, () => this.describeExecution())
        .catch((probe: unknown) => {
          throw this.translate(probe);
        });
      throw new WorkerUnavailableError(this.verificationId, this.taskQueue);
    }
  }

  /** What Temporal knows of the newest run of that id; throws `VerificationNotFoundError` if it is no verification. */
  async describe(): Promise<WorkflowExecutionDescription> {
    const description = await this.askServer(() => this.describeExecution());
    if (description.type !== WORKFLOW_TYPE) throw new VerificationNotFoundError(this.verificationId);
    return description;
  }

  /** The error a caller of ours gets for one of the SDK; those that are not about a call pass. */
  translate(error: unknown): unknown {
    if (error instanceof KycError) return error;
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      if (isEncryptedForUs(cause)) return new PayloadUnreadableError(this.verificationId, null, { hasKeys: false });
      if (!(cause instanceof UnreadablePayloadError)) continue;
      return new PayloadUnreadableError(this.verificationId, cause.missingKeyId);
    }
    const isMissing = error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound;
    if (isMissing && !(error instanceof NamespaceNotFoundError)) {
      return new VerificationNotFoundError(this.verificationId);
    }
    return temporalUnavailable(error) ?? error;
  }

  private describeExecution(): Promise<WorkflowExecutionDescription> {
    return this.client.workflow.getHandle(this.verificationId).describe();
  }
}

/** What the SDK's own converter throws in a client without our plugin, which tells by its message alone. */
function isEncryptedForUs(error: Error): boolean {
  return error instanceof ValueError && error.message.endsWith(`: ${ENCODING}`);
}

/** How a worker of the SDK (1.24.0) refuses a query that its workflow has overtaken. */
const QUERY_OVERTAKEN = 'Query expired';

/** Nothing has come of such a call: a query out of step with its verification, or an update that a dying worker let fall. */
function wasNotHeard(error: unknown): boolean {
  if (error instanceof QueryNotRegisteredError) {
    return [QUERY_AHEAD, QUERY_OVERTAKEN].some((reason) => error.message.includes(reason));
  }
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'UnprocessedUpdate';
}

/** Whether the run is over, however it ended. */
export function isClosed({ status }: WorkflowExecutionDescription): boolean {
  return !['RUNNING', 'PAUSED', 'CONTINUED_AS_NEW', 'UNKNOWN', 'UNSPECIFIED'].includes(status.name);
}

/** The status code of the gRPC error that is at the bottom of an error of the SDK, or null. */
export function grpcCode(error: unknown): number | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return cause.code;
  }
  return null;
}

/** What an error of the SDK says of Temporal as a whole; null if it speaks of something else. */
export function temporalUnavailable(error: unknown): TemporalUnavailableError | null {
  if (error instanceof NamespaceNotFoundError) return unavailable(`there is no namespace ${error.namespace}`);
  const code = grpcCode(error);
  if (code === GRPC.permissionDenied || code === GRPC.unauthenticated) {
    return unavailable('it refused the credentials of this client');
  }
  return code !== null && TRANSIENT.includes(code) ? unavailable('it does not answer') : null;
}

function unavailable(reason: string): TemporalUnavailableError {
  return new TemporalUnavailableError(
    `Temporal did not do what was asked: ${reason}. Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the credentials, then try again.`,
  );
}
