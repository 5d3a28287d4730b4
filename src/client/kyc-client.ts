import { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { loadClientConfig } from '../config';
import { configuredStore } from '../configured-store';
import { DEFAULT_TASK_QUEUE, WORKFLOW_TYPE, type VerificationInput } from '../contract';
import { clientDataConverter } from '../data-converter';
import type { DocumentStore } from '../documents/store';
import { EncryptionPlugin } from '../privacy/plugin';
import { inputProblems } from '../validation/input';
import { connectTemporal } from './connect-temporal';
import { InvalidRequestError, VerificationConflictError, VerificationNotFoundError } from './errors';
import { mindPlain } from './plain-payloads';
import { inputOfRun, isSameVerification } from './same-verification';
import { GRPC, grpcCode, TemporalCalls } from './temporal-calls';
import { traceInterceptors } from './trace-interceptors';
import { VerificationHandle } from './verification-handle';

export interface KycClientOptions {
  /**
   * Made with the plugin that `encryption` gives, as the workers have it. Without one all that is sent is plain, which
   * is warned of, and refused under `NODE_ENV=production`.
   */
  client: Client;
  /** Default `kyc`. */
  taskQueue?: string;
  /** Needed to submit paths, Buffers and streams, and to erase a verification that runs or names documents. */
  store?: DocumentStore;
}

/** A verification as `start` gives it. */
export type StartedVerification = VerificationHandle & {
  /** False when it was there already. */
  readonly started: boolean;
};

const ID_LIMIT = 1_000;

/** Starts and finds verifications, for other services. */
export class KycClient {
  private constructor(
    /** For what is not about one verification, such as lists. */
    readonly temporal: Client,
    readonly taskQueue: string,
    private readonly store: DocumentStore | undefined,
    /** Closes the connection, if this client opened it. */
    readonly close: () => Promise<void>,
  ) {}

  /**
   * Connects as the environment says (`TEMPORAL_*` or Temporal's own configuration file, `KYC_ENCRYPTION_KEYS`,
   * `KYC_TASK_QUEUE`, `KYC_DOCUMENT_STORE`). Throws `TemporalUnavailableError`, and `ConfigError` for a wrong variable.
   */
  static async connect({ env = process.env }: { env?: NodeJS.ProcessEnv } = {}): Promise<KycClient> {
    const config = loadClientConfig(env);
    const store = configuredStore(config);
    const { connection, namespace } = await connectTemporal(env);
    const plugins = [new EncryptionPlugin(config.keys)];
    const interceptors = { workflow: traceInterceptors };
    const client = new Client({ connection, namespace, dataConverter: clientDataConverter, plugins, interceptors });
    mindPlain(client, env);
    return new KycClient(client, config.taskQueue, store, () => connection.close());
  }

  /**
   * For a service that has a connection already, and keeps it when this client is closed. Throws `ConfigError` for a
   * client that writes plain under `NODE_ENV=production`.
   */
  static of({ client, taskQueue = DEFAULT_TASK_QUEUE, store }: KycClientOptions): KycClient {
    mindPlain(client, process.env);
    return new KycClient(client, taskQueue, store, () => Promise.resolve());
  }

  /** A handle on a verification that may or may not exist; its methods tell. */
  get(verificationId: string): VerificationHandle {
    return new VerificationHandle(this.temporal, verificationId, this.taskQueue, this.store);
  }

  /**
   * Starts a verification, or finds it: the same id with the same request and policy is the same verification, running
   * or closed, for as long as the namespace keeps it. With `restart` it is a new try under an id that is closed.
   * Throws `InvalidRequestError` before anything is sent, and `VerificationConflictError`.
   */
  async start(
    verificationId: string,
    input: VerificationInput,
    { restart = false }: { restart?: boolean } = {},
  ): Promise<StartedVerification> {
    const problems = [...idProblems(verificationId), ...inputProblems(input)];
    if (problems.length > 0) throw new InvalidRequestError(verificationId, problems);
    const calls = new TemporalCalls(this.temporal, verificationId, this.taskQueue);
    const started = await calls.askServer(() => this.tryToStart(verificationId, input, restart));
    if (!started && restart) throw new VerificationConflictError(verificationId, 'stillRunning');
    if (!started) await this.demandSame(calls, verificationId, input);
    return Object.assign(this.get(verificationId), { started });
  }

  /** Gives false when the id is taken. */
  private async tryToStart(workflowId: string, input: VerificationInput, restart: boolean): Promise<boolean> {
    const { documentCategory } = input.request;
    try {
      await this.temporal.workflow.start(WORKFLOW_TYPE, {
        workflowId,
        taskQueue: this.taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: restart ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
        staticSummary: `Identity verification, ${documentCategory}, documents ${input.documents ? 'given' : 'awaited'}`,
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      if (grpcCode(error) !== GRPC.invalidArgument) throw error;
      throw new InvalidRequestError(workflowId, ['input: Temporal refused it; it may be too large']);
    }
  }

  private async demandSame(calls: TemporalCalls, verificationId: string, input: VerificationInput): Promise<void> {
    const { runId } = await calls.describe().catch((error: unknown) => {
      if (!(error instanceof VerificationNotFoundError)) throw error;
      throw new VerificationConflictError(verificationId, 'otherWorkflow');
    });
    const found = await calls.askServer(() => inputOfRun(this.temporal, verificationId, runId));
    if (!isSameVerification(found, input)) throw new VerificationConflictError(verificationId, 'otherRequest');
  }
}

function idProblems(verificationId: unknown): string[] {
  const fits =
    typeof verificationId === 'string' && verificationId !== '' && Buffer.byteLength(verificationId) <= ID_LIMIT;
  return fits ? [] : [`verificationId: must be a string of 1 to ${ID_LIMIT} bytes`];
}
