import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  log,
  setHandler,
  TemporalFailure,
} from '@temporalio/workflow';
import {
  DOCUMENTS_SUBMITTED,
  REQUEST_UPLOAD_FORMS,
  STATUS,
  SUBMIT_DOCUMENTS,
  type UploadForms,
  type VerificationStatus,
} from '../contract';
import { LIMITS } from '../limits';
import type { DocumentDesk } from './document-desk';
import { failure } from './endings';
import { count } from './metrics';
import type { Sessions } from './sessions';
import type { VerificationRecord } from './verification-record';

const statusQuery = defineQuery<VerificationStatus>(STATUS);
const documentsSubmitted = defineSignal<[unknown]>(DOCUMENTS_SUBMITTED);
const submitDocuments = defineUpdate<VerificationStatus, [unknown]>(SUBMIT_DOCUMENTS);
const requestUploadForms = defineUpdate<UploadForms>(REQUEST_UPLOAD_FORMS);

/** What callers may ask and say. Nothing they send can fail a workflow task: it is refused, with the reason. */
export function answerCallers(record: VerificationRecord, sessions: Sessions, desk: DocumentDesk): void {
  setHandler(statusQuery, () => record.status(), { description: 'Where the verification stands' });

  setHandler(documentsSubmitted, (documents) => void desk.submit(documents).catch(toldInStatus), {
    description: "The applicant's documents are there; refusals are told in the status",
  });

  setHandler(
    submitDocuments,
    async (documents) => {
      await desk.submit(documents);
      return record.status();
    },
    {
      description: "The applicant's documents are there; answered once they have been looked into",
      validator: (documents) => {
        const refusal = desk.refusalOf(documents);
        if (refusal === null) return;
        count('submissionsRefused', { code: refusal.code });
        throw failure(refusal.code, refusal.message);
      },
    },
  );

  setHandler(requestUploadForms, () => giveForms(record, sessions, desk), {
    description: "Forms that the applicant's own device can post documents to",
    validator: () => demandWait(record, desk),
  });
}

/** A signal has nobody to answer to; what is no refusal is a bug, and must not fail the task for it. */
function toldInStatus(error: unknown): void {
  if (!(error instanceof TemporalFailure)) log.error('A submission could not be taken in', { error });
}

async function giveForms(record: VerificationRecord, sessions: Sessions, desk: DocumentDesk): Promise<UploadForms> {
  const ready = (): boolean => (record.session?.formsExpireAt ?? 0) - Date.now() >= LIMITS.formsForDevice;
  if (!ready() && !sessions.isOpening) {
    if (record.sessionsLeft <= 0) throw sessionsExhausted(record);
    record.discardSession();
    void sessions.open().then(() => record.publish());
  }
  const decided = (): boolean => ready() || !sessions.isOpening || !desk.isAwaiting;
  await condition(decided, LIMITS.formsWait, { summary: 'Upload forms requested' }).catch((error: unknown) => {
    if (isCancellation(error)) throw notAwaited('the verification was cancelled');
    throw error;
  });
  demandWait(record, desk);
  if (record.session !== null && ready()) return record.uploadForms(record.session);
  if (!sessions.isOpening && record.sessionsLeft <= 0) throw sessionsExhausted(record);
  const reason = record.problem === null ? '' : ` (${record.problem.message})`;
  const message = `Notus gave no session with lasting forms within ${LIMITS.formsWait / 1_000} s${reason}: ask again later.`;
  throw failure('NotusUnavailable', message);
}

function demandWait(record: VerificationRecord, desk: DocumentDesk): void {
  if (desk.isAwaiting) return;
  throw notAwaited(`stage ${record.stage}`);
}

function notAwaited(why: string): Error {
  return failure('NotAwaitingDocuments', `No documents are awaited now (${why}).`);
}

function sessionsExhausted({ policy }: VerificationRecord): Error {
  const message = `All ${policy.maxSessions} sessions of the policy are used up, so there are no more forms.`;
  return failure('SessionsExhausted', message);
}
