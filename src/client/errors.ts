import type { Problem, ProblemCode } from '../contract';

/** Anything a `KycClient` throws on purpose: a sentence for people, without personal data and without a raw error. */
export abstract class KycError extends Error {}

/** The input is wrong; nothing was sent. */
export class InvalidRequestError extends KycError {
  override readonly name = 'InvalidRequestError';

  /** @param lines one readable line for each wrong field */
  constructor(
    verificationId: string,
    readonly lines: readonly string[],
  ) {
    super(`Verification ${verificationId} was not started. Mend its input:\n${lines.join('\n')}`);
  }
}

/** The verification id is taken, by something that is not what was asked for. */
export class VerificationConflictError extends KycError {
  override readonly name = 'VerificationConflictError';

  constructor(
    readonly verificationId: string,
    readonly reason: 'otherRequest' | 'stillRunning' | 'otherWorkflow',
  ) {
    super(`Verification ${verificationId} was not started: ${CONFLICTS[reason]}`);
  }
}

const CONFLICTS = {
  otherRequest:
    'the id belongs to another request or policy. Use a new id, or start with restart once that one is closed.',
  stillRunning: 'one of that id is running, so there is nothing to restart. Wait for its outcome, or cancel it first.',
  otherWorkflow: 'the id belongs to a workflow of another type. Use another id.',
} as const;

/** There is no verification of that id, or the namespace does not keep it any more. */
export class VerificationNotFoundError extends KycError {
  override readonly name = 'VerificationNotFoundError';

  constructor(readonly verificationId: string) {
    super(
      `There is no verification ${verificationId}: check the id, and the namespace (its retention may have passed).`,
    );
  }
}

/** The verification has come to its end already, so there is nothing left to cancel. */
export class VerificationClosedError extends KycError {
  override readonly name = 'VerificationClosedError';

  constructor(readonly verificationId: string) {
    super(`Verification ${verificationId} is closed already: ask for its outcome.`);
  }
}

/** The submission was received and is still being looked into: what is in the way is the verification's `problem`. */
export class AnswerPendingError extends KycError {
  override readonly name = 'AnswerPendingError';

  constructor(
    readonly verificationId: string,
    readonly problem: Problem | null,
  ) {
    const reason = problem === null ? 'it takes longer than usual' : `${problem.code}: ${problem.message}`;
    super(`Verification ${verificationId} has the submission but no answer yet (${reason}) Ask for its status later.`);
  }
}

/** The documents were not taken; the verification goes on as if they had never been submitted. */
export class DocumentsRefusedError extends KycError {
  override readonly name = 'DocumentsRefusedError';

  /** @param reason one sentence that says what to do */
  constructor(
    readonly verificationId: string,
    readonly code: ProblemCode,
    readonly reason: string,
  ) {
    super(`The documents for verification ${verificationId} were refused (${code}). ${reason}`);
  }
}

/** There are no upload forms to be had now. */
export class UploadFormsUnavailableError extends KycError {
  override readonly name = 'UploadFormsUnavailableError';

  constructor(
    readonly verificationId: string,
    readonly code: ProblemCode,
    reason: string,
  ) {
    super(`There are no upload forms for verification ${verificationId} (${code}). ${reason}`);
  }
}

/** The verification failed: somebody must look. */
export class VerificationFailedError extends KycError {
  override readonly name = 'VerificationFailedError';

  /** @param type `InvalidRequest`, `DocumentUnusable`, `SessionCreationAmbiguous`, `ProtocolError`, or a later one */
  constructor(
    readonly verificationId: string,
    readonly type: string,
    readonly reason: string,
  ) {
    super(`Verification ${verificationId} failed (${type}). ${reason}`);
  }
}

export class VerificationCancelledError extends KycError {
  override readonly name = 'VerificationCancelledError';

  constructor(readonly verificationId: string) {
    super(`Verification ${verificationId} was cancelled: there is no outcome. Start it with restart for a new try.`);
  }
}

/** An operator ended it by force, or an execution timeout did: no code ran, so documents may be left in the store. */
export class VerificationTerminatedError extends KycError {
  override readonly name = 'VerificationTerminatedError';

  constructor(readonly verificationId: string) {
    super(
      `Verification ${verificationId} was terminated at Temporal: there is no outcome. Start it with restart for a new try.`,
    );
  }
}

/** Temporal answers, but no worker did in time. What was asked for may still be done once a worker is there. */
export class WorkerUnavailableError extends KycError {
  override readonly name = 'WorkerUnavailableError';

  constructor(
    readonly verificationId: string,
    readonly taskQueue: string,
  ) {
    super(
      `No worker answered for verification ${verificationId}: check that workers run on the task queue ${taskQueue}, ` +
        'then ask again.',
    );
  }
}

/** Temporal can't be reached, or does not let this client in. */
export class TemporalUnavailableError extends KycError {
  override readonly name = 'TemporalUnavailableError';
}

/** It was deleted, and Temporal has not forgotten all of it yet. */
export class ErasurePendingError extends KycError {
  override readonly name = 'ErasurePendingError';

  constructor(readonly verificationId: string) {
    super(`Verification ${verificationId} was deleted, but Temporal still lists it: erase it again in a minute.`);
  }
}

/** What Temporal holds of the verification is encrypted, and this client can't read it. */
export class PayloadUnreadableError extends KycError {
  override readonly name = 'PayloadUnreadableError';

  /**
   * @param missingKeyId the id of the key that this client lacks; null when it has none at all, or when the payload was
   * altered or put elsewhere
   */
  constructor(
    readonly verificationId: string,
    readonly missingKeyId: string | null,
    { hasKeys = true }: { hasKeys?: boolean } = {},
  ) {
    super(`What Temporal holds of verification ${verificationId} ${whyUnreadable(missingKeyId, hasKeys)}`);
  }
}

function whyUnreadable(missingKeyId: string | null, hasKeys: boolean): string {
  if (!hasKeys)
    return 'is encrypted, and this client has no keys: make its Client with the plugin that encryption() gives.';
  if (missingKeyId === null) return 'was altered or belongs to another: find out who can write to its database.';
  return `is encrypted with the key ${missingKeyId}: add it to KYC_ENCRYPTION_KEYS.`;
}
