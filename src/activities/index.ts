import type { DocumentAccess } from '../documents/sources';
import type { NotusClient } from '../notus/client';
import type { FormUploader } from '../notus/upload';
import { createSession } from './create-session';
import { deleteDocuments } from './delete-documents';
import { findNotus } from './find-notus';
import { inspectDocuments } from './inspect-documents';
import { pollResult } from './poll-result';
import { uploadDocument } from './upload-document';

/** The steps that run on the task queue of the calls to Notus. */
export function createNotusActivities(notus: NotusClient) {
  return { createSession: createSession(notus), findNotus: findNotus(notus), pollResult: pollResult(notus) };
}

/** The steps that touch documents; they run on the task queue of the workflow. */
export function createDocumentActivities(documents: DocumentAccess, uploader: FormUploader) {
  return {
    inspectDocuments: inspectDocuments(documents),
    uploadDocument: uploadDocument(documents, uploader),
    deleteDocuments: deleteDocuments(documents),
  };
}

export type NotusActivities = ReturnType<typeof createNotusActivities>;
export type DocumentActivities = ReturnType<typeof createDocumentActivities>;
