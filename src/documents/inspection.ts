import { createHash } from 'node:crypto';
import { addAbortSignal } from 'node:stream';
import { documentType, polyglotError } from './document-type';
import type { DocumentType } from './document-type';
import { DocumentRefusedError } from './errors';
import { endsAsZip, TAIL_BYTES } from './polyglot';
import type { DocumentAccess } from './sources';
import type { OpenDocument } from './store';

/** The most bytes a document may have; Notus docs: the `content-length-range` of the upload policy. */
export const MAX_DOCUMENT_BYTES = 26_214_400;

/** Holds the headers of photos with large EXIF, colour and preview segments. */
const HEAD_BYTES = 524_288;

/** What is known of a document that can be sent to Notus. */
export interface InspectedDocument {
  uri: string;
  /** Lower-case hex. */
  sha256: string;
  /** In bytes. */
  size: number;
  type: DocumentType;
}

/**
 * Reads a document once, never decoding it, and gives what was found. Throws `DocumentRefusedError` when it cannot be
 * used, `DocumentStoreUnavailableError` when it cannot be read now, and the signal's reason when that is aborted.
 */
export async function inspectDocument(
  access: Pick<DocumentAccess, 'open'>,
  reference: { uri: string; sha256?: string },
  signal?: AbortSignal,
): Promise<InspectedDocument> {
  signal?.throwIfAborted();
  const document = await access.open(reference.uri);
  try {
    signal?.throwIfAborted();
    checkSize(document.size);
    const { sha256, type } = await examine(document, signal);
    if (reference.sha256 !== undefined && String(reference.sha256).toLowerCase() !== sha256) {
      throw unusableError(
        'The bytes of the document do not have the sha256 that was given: store and submit it again.',
      );
    }
    return { uri: reference.uri, sha256, size: document.size, type };
  } finally {
    document.stream.destroy();
  }
}

function checkSize(size: number): void {
  if (size === 0) throw unusableError('The document is empty: send a file with content.');
  if (size > MAX_DOCUMENT_BYTES) throw unusableError('The document is larger than 25 MiB: send a smaller one.');
}

/** Reads on behind the head only if that is the head of a document. */
async function examine(document: OpenDocument, signal?: AbortSignal): Promise<{ sha256: string; type: DocumentType }> {
  const stream = signal === undefined ? document.stream : addAbortSignal(signal, document.stream);
  const hash = createHash('sha256');
  const head = Buffer.alloc(Math.min(HEAD_BYTES, document.size));
  let tail: Buffer = Buffer.alloc(0);
  let position = 0;
  let type: DocumentType | undefined;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      // Large chunks hold the whole tail, so that nothing is copied for most of a document.
      tail = chunk.length >= TAIL_BYTES ? chunk : Buffer.concat([tail.subarray(-TAIL_BYTES), chunk]);
      if (position < head.length) chunk.copy(head, position);
      position += chunk.length;
      if (position >= head.length) type ??= documentType(head);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  if (endsAsZip(tail.subarray(-TAIL_BYTES))) throw polyglotError();
  return { sha256: hash.digest('hex'), type: type ?? documentType(head) };
}

function unusableError(message: string): DocumentRefusedError {
  return new DocumentRefusedError('DocumentUnusable', message);
}
