import type { OpenedSession, SessionForm } from '../activities/create-session';
import type { InspectedDocument, Inspection } from '../activities/inspect-documents';
import type { PollResult } from '../activities/poll-result';
import type { UploadResult } from '../activities/upload-document';
import { isObject } from '../validation/shape';

/**
 * Whether a result is one that the step can give. An operator may complete an activity by hand with any JSON, and what
 * the workflow can't read would stop it for good.
 */
export type IsResult<R> = (result: unknown) => result is R;

export const isOpenedSession: IsResult<OpenedSession> = (result): result is OpenedSession =>
  isObject(result) &&
  isFilled(result.sessionId) &&
  isText(result.status) &&
  isForm(result.front) &&
  (result.back === null || isForm(result.back)) &&
  Number.isFinite(result.formsExpireAt);

export const isInspection: IsResult<Inspection> = (result): result is Inspection => {
  if (!isObject(result)) return false;
  if (result.usable !== true) return result.usable === false && isFilled(result.code) && isText(result.message);
  return isObject(result.documents) && Object.values(result.documents).every(isInspected);
};

export const isUploadResult: IsResult<UploadResult> = (result): result is UploadResult => {
  if (!isObject(result)) return false;
  switch (result.kind) {
    case 'uploaded':
    case 'formDead':
      return true;
    case 'refused':
      return typeof result.tooLarge === 'boolean' && isText(result.message);
    default:
      return result.kind === 'unusable' && isText(result.message);
  }
};

export const isPollResult: IsResult<PollResult> = (result): result is PollResult => {
  if (!isObject(result)) return false;
  switch (result.kind) {
    case 'completed':
      return isTextOrNull(result.individualId) && typeof result.individualIdMissing === 'boolean';
    case 'failed':
      return isTextOrNull(result.traceId);
    case 'expired':
      return typeof result.processed === 'boolean';
    case 'uploadsRefused':
      return isText(result.message);
    default:
      return result.kind === 'undecided' && isText(result.notusStatus);
  }
};

/** For a step that gives nothing: whatever is said, it is done. */
export const isAnything = (_: unknown): _ is void => true;

function isForm(value: unknown): value is SessionForm {
  if (!isObject(value) || !isObject(value.fields)) return false;
  return isText(value.url) && Number.isFinite(value.maxBytes) && Object.values(value.fields).every(isText);
}

function isInspected(value: unknown): value is InspectedDocument {
  return (
    isObject(value) && isText(value.uri) && isText(value.sha256) && isText(value.type) && Number.isFinite(value.size)
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isFilled = (value: unknown): boolean => isText(value) && value !== '';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
