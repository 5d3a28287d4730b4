import {
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowHandle,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  REQUEST_UPLOAD_FORMS,
  STATUS,
  SUBMIT_DOCUMENTS,
  type Documents,
  type ProblemCode,
  type UploadForms,
  type VerificationOutcome,
  type VerificationStatus,
} from '../contract';
import type { DocumentStore } from '../documents/store';
import {
  AnswerPendingError,
  DocumentsRefusedError,
  UploadFormsUnavailableError,
  VerificationClosedError,
  VerificationNotFoundError,
  WorkerUnavailableError,
} from './errors';
import { eraseVerification, type ErasureRecord } from './erase-verification';
import { followOutcome } from './follow-outcome';
import { pendingActivity, type PendingActivity } from './pending-activity';
import { demandStore } from './demand-store';
import { StoredDocuments, type DocumentSources } from './stored-documents';
import { isClosed, TemporalCalls } from './temporal-calls';
import { watchStatus } from './watch-status';

/** What a verification looks like from outside: its own status, and what the server is trying for it. */
export interface ObservedStatus extends VerificationStatus {
  pending: PendingActivity | null;
}

/** `requestUploadForms` waits 60 s for a session, and an inspection of documents about as long. */
const UPDATE_MS = 75_000;

/** One verification. Every method may throw `VerificationNotFoundError` and `TemporalUnavailableError`. */
export class VerificationHandle {
  private readonly calls: TemporalCalls;
  private readonly workflow: WorkflowHandle;

  constructor(
    private readonly client: Client,
    readonly verificationId: string,
    taskQueue: string,
    private readonly store: DocumentStore | undefined,
  ) {
    this.calls = new TemporalCalls(client, verificationId, taskQueue);
    this.workflow = client.workflow.getHandle(verificationId);
  }

  /**
   * Gives the documents to the verification and waits until they have been looked into. Paths, Buffers and streams are
   * put into the document store first, and deleted again if they are refused: `DocumentsRefusedError`.
   * After a `WorkerUnavailableError` or an `AnswerPendingError` they may still be taken.
   */
  async submitDocuments(sources: DocumentSources): Promise<VerificationStatus> {
    const stored = await StoredDocuments.of(this.verificationId, sources, () => demandStore(this.store));
    try {
      return await this.update(
        () =>
          this.workflow.startUpdate<VerificationStatus, [Documents]>(SUBMIT_DOCUMENTS, {
            args: [stored.documents],
            waitForStage: 'ACCEPTED',
          }),
        (code, reason) => new DocumentsRefusedError(this.verificationId, code, reason),
      );
    } catch (error) {
      if (error instanceof DocumentsRefusedError || error instanceof VerificationNotFoundError) await stored.discard();
      throw error;
    }
  }

  /** Forms that the applicant's own device can post the documents to, with at least two minutes left. */
  requestUploadForms(): Promise<UploadForms> {
    return this.update(
      () => this.workflow.startUpdate<UploadForms, []>(REQUEST_UPLOAD_FORMS, { waitForStage: 'ACCEPTED' }),
      (code, reason) => new UploadFormsUnavailableError(this.verificationId, code, reason),
    );
  }

  /** Where it stands; of a closed one, too, as long as the namespace keeps it. Needs a worker to answer. */
  async status(): Promise<ObservedStatus> {
    const description = await this.calls.describe();
    const status = await this.calls.untilHeard(() =>
      this.calls.askWorker(() => this.workflow.query<VerificationStatus>(STATUS)),
    );
    if (isClosed(description)) return { ...closed(status), pending: null };
    const pending = status.stage === 'closed' ? null : await pendingActivity(this.client, description);
    return { ...status, pending };
  }

  /** The status now and at each change, until it is `closed`; an abort is thrown as the signal's reason. */
  watch({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<VerificationStatus> {
    const ask = async (): Promise<VerificationStatus> => {
      const { pending: _, ...status } = await this.status();
      return status;
    };
    return watchStatus(this.client, this.calls, this.verificationId, ask, signal);
  }

  /**
   * Waits for the outcome, however long, over restarts of the server and resets by an operator. Throws
   * `VerificationFailedError`, `VerificationCancelledError` or `VerificationTerminatedError` when there is none, and
   * the signal's reason when that is aborted.
   */
  outcome({ signal }: { signal?: AbortSignal } = {}): Promise<VerificationOutcome> {
    return followOutcome(this.client, this.calls, this.verificationId, signal);
  }

  /** Asks the verification to stop and clean up; `outcome()` tells when it has. Throws `VerificationClosedError`. */
  async cancel(): Promise<void> {
    if (isClosed(await this.calls.describe())) throw new VerificationClosedError(this.verificationId);
    await this.calls.askServer(() => this.workflow.cancel());
  }

  /**
   * Deletes all of it for good, ending it first if it runs: its documents in the store, submitted or not, and every run
   * of its id. Throws `ErasurePendingError` when Temporal does not forget it within two minutes, and before anything is
   * ended `PayloadUnreadableError` without the keys, and a `TypeError` without a store if it runs or names documents.
   */
  erase(): Promise<ErasureRecord> {
    return eraseVerification(this.client, this.calls, this.verificationId, this.store);
  }

  /** A worker that answers for the status is there; what keeps the answer back is the verification's own problem. */
  private async stillUnderWay(error: unknown): Promise<never> {
    if (!(error instanceof WorkerUnavailableError)) throw error;
    const { problem } = await this.status();
    throw new AnswerPendingError(this.verificationId, problem);
  }

  private async update<R>(
    begin: () => Promise<WorkflowUpdateHandle<R>>,
    refusal: (code: ProblemCode, reason: string) => Error,
  ): Promise<R> {
    try {
      return await this.calls.untilHeard(async () => {
        const accepted = await this.calls.askWorker(begin);
        return this.calls
          .askWorker(() => accepted.result(), UPDATE_MS)
          .catch((error: unknown) => this.stillUnderWay(error));
      });
    } catch (error) {
      const isRefused = error instanceof WorkflowUpdateFailedError;
      if (!isRefused && !(error instanceof VerificationNotFoundError)) throw error;
      // Throws when there is no such verification at all.
      const description = await this.calls.describe();
      if (isRefused && isOurs(error.cause)) throw refusal(error.cause.type as ProblemCode, error.cause.message);
      if (isRefused || isClosed(description)) throw refusal('NotAwaitingDocuments', 'The verification is closed.');
      throw error;
    }
  }
}

/** The SDK has failures of its own, such as for an update that the end of the workflow cut off. */
function isOurs(cause: Error | undefined): cause is ApplicationFailure {
  return cause instanceof ApplicationFailure && cause.type !== 'AcceptedUpdateCompletedWorkflow';
}

/** A run that was ended by force could not say so itself. */
function closed(status: VerificationStatus): VerificationStatus {
  if (status.stage === 'closed') return status;
  const over = { documentsDeadline: null, resultDeadline: null, formsExpireAt: null, livenessUrl: null };
  return { ...status, ...over, stage: 'closed' };
}
