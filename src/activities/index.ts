import type { DocumentAccess } from '../documents/sources';
import type { NotusClient } from '../notus/client';
import type { FormUploader } from '../notus/upload';
import { createSession } from './create-session';
import { deleteDocuments } from './delete-documents';
import { findNotus } from './find-notus';
import { inspectDocuments } from './inspect-documents';
import { observedNotus, observedUploader } from './observed-calls';
import { pollResult } from './poll-result';
import { uploadDocument } from './upload-document';

/** The steps that run on the task queue of the calls to Notus. */
export function createNotusActivities(notus: NotusClient) {
  const calls = observedNotus(notus);
  return { createSession: createSession(calls), findNotus: findNotus(calls), pollResult: pollResult(calls) };
}

/** The steps that touch documents; they run on the task queue of the workflow. */
export function createDocumentActivities(documents: DocumentAccess, uploader: FormUploader) {
  return {
    inspectDocuments: inspectDocuments(documents),
    uploadDocument: uploadDocument(documents, observedUploader(uploader)),
    deleteDocuments: deleteDocuments(documents),
  };
}

export type NotusActivities = ReturnType<typeof createNotusActivities>;
export type DocumentActivities = ReturnType<typeof createDocumentActivities>;
