import { condition, workflowInfo } from '@temporalio/workflow';
import type { PollCarry, PollResult } from '../activities/poll-result';
import type { UploadResult } from '../activities/upload-document';
import type { ProblemCode } from '../contract';
import { LIMITS } from '../limits';
import type { DocumentDesk, Submission } from './document-desk';
import { DeadlinePassed, Ended, failure } from './endings';
import { recordDecision } from './metrics';
import type { Sessions } from './sessions';
import type { Steps } from './steps';
import type { LiveSession, VerificationRecord } from './verification-record';

/**
 * The story: wait for documents, bring them to a decision of Notus, and begin again with other documents as often as
 * the policy allows. A session is a thing that is used up and replaced on the way; the verification is what lasts.
 */
export class Verification {
  private failures = 0;
  private waits = 0;

  constructor(
    private readonly record: VerificationRecord,
    private readonly steps: Steps,
    private readonly sessions: Sessions,
    private readonly desk: DocumentDesk,
  ) {}

  async run(): Promise<Ended> {
    try {
      let submission = await this.documentsOfInput();
      for (;;) {
        await this.decide(submission ?? (await this.awaitDocuments()));
        submission = null;
      }
    } catch (error) {
      if (error instanceof Ended) return error;
      if (error instanceof DeadlinePassed) return new Ended('timedOut');
      throw error;
    }
  }

  private async documentsOfInput(): Promise<Submission | null> {
    const documents = this.record.input?.documents;
    if (documents === undefined) return null;
    this.record.awaitResultFrom(this.record.since);
    this.record.enter('creatingSession');
    const result = await this.desk.inspectInput(documents);
    if ('code' in result) throw failure('DocumentUnusable', result.message);
    return result;
  }

  private async awaitDocuments(): Promise<Submission> {
    const { record, sessions, desk } = this;
    record.awaitDocumentsFrom(this.waits === 0 && record.input?.documents === undefined ? record.since : Date.now());
    this.waits += 1;
    desk.openForSubmissions();
    if (record.policy.sessionTiming === 'eager' && record.session === null && record.sessionsLeft > 0) {
      record.enter('creatingSession');
      void sessions.open().then(() => desk.isAwaiting && record.enter('awaitingDocuments'));
    } else {
      record.enter('awaitingDocuments');
    }
    const fatal = (): Error | null => sessions.fatal ?? desk.fatal;
    await condition(() => desk.accepted !== null || fatal() !== null, record.left, { summary: 'Documents deadline' });
    desk.stopWaiting();
    const broken = fatal();
    if (broken !== null) throw broken;
    if (desk.accepted === null) throw new Ended('abandoned');
    return desk.accepted;
  }

  /** Returns when other documents are to be asked for; an ending is thrown. */
  private async decide(submission: Submission): Promise<void> {
    const { record } = this;
    let refusals = 0;
    let uploadedAgain = false;
    for (;;) {
      const session = await this.sessionFor(submission);

      const upload = await this.upload(session, submission);
      if (upload.kind === 'unusable') return this.unusable(submission, upload.message);
      if (upload.kind === 'formDead') {
        record.discardSession();
        continue;
      }
      if (upload.kind === 'refused') {
        refusals += 1;
        if (refusals > 1 && upload.tooLarge) return this.unusable(submission, upload.message);
        record.discardSession();
        if (refusals > 1) await this.waitOutRefusal(upload.message);
        continue;
      }
      refusals = 0;
      record.overcome('upload');

      const result = await this.poll(session);
      if (result.kind === 'failed') return this.rejected(session, result.traceId);
      if (result.kind === 'expired') {
        record.discardSession();
        if (record.request.livenessRequired) return this.askAgain('LivenessNotDone', LIVENESS_NOT_DONE);
        if (submission.inspected === null) return this.askAgain('UploadRefused', SESSION_DIED);
        continue;
      }
      if (submission.inspected === null || uploadedAgain)
        return this.askAgain('UploadRefused', `${result.message} ${SEND_AGAIN}`);
      uploadedAgain = true;
    }
  }

  /** Direct uploads belong to their session, whatever the age of its forms. */
  private async sessionFor({ inspected }: Submission): Promise<LiveSession> {
    return inspected === null && this.record.session !== null ? this.record.session : this.sessions.forUpload();
  }

  private async upload(session: LiveSession, { inspected }: Submission): Promise<UploadResult> {
    if (inspected === null) return { kind: 'uploaded' };
    this.record.enter('uploadingDocuments');
    const uploads = this.record.sides.map(async (side): Promise<UploadResult> => {
      const document = inspected[side];
      return document ? this.steps.uploadDocument(side, session, document) : { kind: 'uploaded' };
    });
    // Both are let end, so that neither goes on behind the back of a session that was given up.
    const results = (await Promise.allSettled(uploads)).map((settled) => {
      if (settled.status === 'rejected') throw settled.reason;
      return settled.value;
    });
    const worstFirst = ['unusable', 'refused', 'formDead'] as const;
    const worst = worstFirst.flatMap((kind) => results.filter((result) => result.kind === kind));
    return worst[0] ?? { kind: 'uploaded' };
  }

  private async poll(session: LiveSession): Promise<Exclude<PollResult, { kind: 'completed' | 'undecided' }>> {
    const { record } = this;
    const startedAt = Date.now();
    record.enter('verifying');
    // In a run that was reset, an earlier run may have posted it.
    const { runId, originalExecutionRunId } = workflowInfo();
    const sent = runId === originalExecutionRunId ? 'never' : 'perhaps';
    const result = await this.steps.pollResult(session, sent).catch((error: unknown) => {
      if (error instanceof DeadlinePassed && error.begun) {
        const { sent: lastSent = 'perhaps', notusStatus } = (error.carry ?? {}) as Partial<PollCarry>;
        record.notusStatus = notusStatus ?? record.notusStatus;
        if (lastSent !== 'never') record.attempted(session, 'timedOut', startedAt);
      }
      throw error;
    });
    switch (result.kind) {
      case 'completed':
        record.notusStatus = 'COMPLETED';
        recordDecision(Date.now() - startedAt, 'approved');
        record.attempted(session, 'approved', startedAt);
        throw new Ended('approved', result.individualId, result.individualIdMissing ? INDIVIDUAL_ID_MISSING : null);
      case 'undecided':
        record.notusStatus = result.notusStatus;
        record.attempted(session, 'timedOut', startedAt);
        throw new DeadlinePassed();
      case 'failed':
        record.notusStatus = 'FAILED';
        recordDecision(Date.now() - startedAt, 'rejected');
        record.attempted(session, 'rejected', startedAt);
        return result;
      case 'expired':
        record.notusStatus = 'EXPIRED';
        if (!result.processed) return result;
        recordDecision(Date.now() - startedAt, 'expired');
        record.attempted(session, 'expired', startedAt);
        return result;
      case 'uploadsRefused':
        record.notusStatus = 'PENDING';
        return result;
    }
  }

  private async rejected({ sessionId }: LiveSession, traceId: string | null): Promise<void> {
    const { record } = this;
    const uris = this.desk.rejectAccepted();
    this.failures += 1;
    record.discardSession();
    if (this.failures >= record.policy.maxAttempts || record.sessionsLeft <= 0) throw new Ended('rejected');
    await this.steps.deleteRejected(uris);
    record.attempt += 1;
    const where = `session ${sessionId}${traceId === null ? '' : `, trace-id ${traceId}`}`;
    record.refuse('AttemptRejected', `Notus rejected the attempt and gave no reason (${where}). ${KNOWN_CAUSES}`);
  }

  /** Documents of the input have nobody who could be asked for others. */
  private unusable({ documents }: Submission, message: string): void {
    this.record.overcome('upload');
    if (documents === this.record.input?.documents) throw failure('DocumentUnusable', message);
    this.askAgain('DocumentUnusable', message);
  }

  private askAgain(code: ProblemCode, message: string): void {
    if (this.record.session === null && this.record.sessionsLeft <= 0) throw this.sessions.exhausted();
    this.record.refuse(code, message);
  }

  private async waitOutRefusal(message: string): Promise<void> {
    if (this.record.sessionsLeft <= 0) throw this.sessions.exhausted();
    this.record.meet('upload', 'UploadRefused', `${message} A new session is tried each hour.`);
    await this.steps.pause(LIMITS.uploadRefusedRetry, 'Uploads refused: wait, then try again');
  }
}

const KNOWN_CAUSES =
  'Known causes are photos that are blurred, dark, glaring or not of the original, a document out of date, and data ' +
  'that differ from it: submit other photos.';

const LIVENESS_NOT_DONE =
  'The session expired before the face step was done: submit the documents again, then open livenessUrl at once.';

const SEND_AGAIN = 'It lacks documents, it seems: submit all sides again.';

const SESSION_DIED = 'The session expired before Notus decided: request upload forms and upload the documents again.';

const INDIVIDUAL_ID_MISSING = {
  code: 'IndividualIdMissing',
  message: 'Notus has approved, but gives no individualId: ask Notus for it.',
} as const;
