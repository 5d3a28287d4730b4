import type { Side } from '../contract';
import { DocumentRefusedError, DocumentStoreUnavailableError } from '../documents/errors';
import type { InspectedDocument } from '../documents/inspection';
import type { DocumentAccess } from '../documents/sources';
import {
  DocumentChangedError,
  UploadAddressRefusedError,
  UploadNetworkError,
  UploadRefusedError,
} from '../notus/errors';
import type { FormUploader } from '../notus/upload';
import { Attempt, type Memory } from './attempt';
import type { SessionForm } from './create-session';
import { storeDown } from './inspect-documents';
import { count } from './metrics';
import { obstacleFailure, type Obstacle, type Watch } from './obstacles';

export interface UploadDocumentArgs {
  side: Side;
  form: SessionForm;
  /** Milliseconds since the epoch. */
  formExpiresAt: number;
  document: InspectedDocument;
  watch: Watch;
}

export type UploadResult =
  | { kind: 'uploaded' }
  /** Only a new session gives a new form: Notus has no refresh call (Notus docs). */
  | { kind: 'formDead' }
  | { kind: 'refused'; tooLarge: boolean; message: string }
  /** The document is not what was inspected any more. */
  | { kind: 'unusable'; message: string };

interface UploadMemory extends Memory {
  /** Whether the last attempt got no answer at all. */
  unreachable?: boolean;
}

/** Streams one document from its store to the presigned form, in constant memory. Posting it twice is harmless. */
export function uploadDocument(
  access: Pick<DocumentAccess, 'open'>,
  uploader: Pick<FormUploader, 'allows' | 'upload'>,
) {
  return async ({ side, form, formExpiresAt, document, watch }: UploadDocumentArgs): Promise<UploadResult> => {
    const attempt = new Attempt<UploadMemory>();
    if (!uploader.allows(form)) throw obstacleFailure(hostRefused(form.url), watch, attempt);
    // An attempt without an answer leaves open whether S3 is back, which even a dead form can tell without costing a session.
    if (attempt.info.attempt > 1 && Date.now() > formExpiresAt && !attempt.facts.unreachable)
      return { kind: 'formDead' };
    if (document.size > form.maxBytes) {
      return { kind: 'refused', tooLarge: true, message: `The ${side} is larger than the form of Notus allows.` };
    }

    try {
      const { stream, size } = await access.open(document.uri);
      if (size !== document.size) {
        stream.destroy();
        throw new DocumentChangedError();
      }
      const { sha256, type } = document;
      const file = { stream, size, sha256, type, name: side };
      await attempt.during(uploader.upload(form, file, attempt.signal));
    } catch (error) {
      return afterError(error, side, form, watch, attempt);
    }
    count('documentBytes', {}, document.size);
    return { kind: 'uploaded' };
  };
}

function afterError(
  error: unknown,
  side: Side,
  form: SessionForm,
  watch: Watch,
  attempt: Attempt<UploadMemory>,
): UploadResult {
  if (error instanceof DocumentRefusedError || error instanceof DocumentChangedError) {
    return { kind: 'unusable', message: `${side}: ${error.message}` };
  }
  if (error instanceof DocumentStoreUnavailableError) throw obstacleFailure(storeDown(error), watch, attempt);
  if (error instanceof UploadAddressRefusedError) {
    // A new session would give a form for the same host.
    attempt.assume({ unreachable: true });
    throw obstacleFailure(addressRefused(form.url), watch, attempt);
  }
  if (error instanceof UploadNetworkError) {
    attempt.assume({ unreachable: true });
    throw obstacleFailure(outage(`The upload storage of Notus can't be reached (${error.code}).`), watch, attempt);
  }
  if (!(error instanceof UploadRefusedError)) throw error;
  const { status, code, expired, tooLarge, retryAfterMs } = error;
  if (expired) return { kind: 'formDead' };
  const what = `HTTP ${status}${code === null ? '' : ` ${code}`}`;
  if (status >= 500 || status === 429) {
    attempt.assume({ unreachable: false });
    throw obstacleFailure(outage(`The upload storage of Notus is failing (${what}).`, retryAfterMs), watch, attempt);
  }
  count('obstacles', { code: 'UploadRefused' });
  return { kind: 'refused', tooLarge, message: `The upload storage of Notus refuses the ${side} (${what}).` };
}

/** A host name has no more (RFC 1035). */
const LONGEST_HOST = 253;

function hostRefused(url: string): Obstacle {
  const message =
    `Notus gave an upload form for the host ${hostOf(url)}, which is not allowed, so nothing was sent: ` +
    'if the host is right, add it to KYC_UPLOAD_HOSTS of the worker.';
  return { code: 'UploadHostRefused', kind: 'refusal', message };
}

function addressRefused(url: string): Obstacle {
  const message =
    `Notus gave an upload form for the host ${hostOf(url)}, which leads to a private address here, so nothing was ` +
    'sent: if that is meant to be, name this very host in KYC_UPLOAD_HOSTS of the worker, else mend its name service.';
  return { code: 'UploadHostRefused', kind: 'refusal', message };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host.slice(0, LONGEST_HOST) : 'without a name';
}

function outage(message: string, retryAfterMs: number | null = null): Obstacle {
  return { code: 'NotusUnavailable', kind: 'outage', message, retryAfterMs };
}
