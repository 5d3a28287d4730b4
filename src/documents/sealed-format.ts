import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { DocumentKey, DocumentKeys } from './document-keys';
import { DocumentRefusedError, DocumentStoreUnavailableError } from './errors';

/**
 * How a document lies encrypted in a file, after the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár:
 *
 *   magic (8) | length of the key id (1) | key id | salt (32) | key check (16) | frame | … | last frame
 *
 * A frame is up to 64 KiB encrypted by AES-256-GCM, and its tag (16). The nonce is the frame's number and whether it is
 * the last, so that frames cannot be swapped, left out or cut off. The key is derived by HKDF-SHA256 from the ring's key
 * and the salt; each frame authenticates the header and the document's name, so that files cannot be swapped either.
 * The key check tells a wrong key from a damaged file before the first frame.
 */
export const FRAME_BYTES = 65_536;
export const TAG_BYTES = 16;
export const CIPHER = 'aes-256-gcm';

const MAGIC = Buffer.from('KYCDOC\x00\x01', 'latin1');
const SALT_BYTES = 32;
const CHECK_BYTES = 16;
const KEY_BYTES = 32;

/** The longest that a header can be. */
export const LONGEST_HEADER = MAGIC.length + 1 + 255 + SALT_BYTES + CHECK_BYTES;

/** What encrypts or decrypts the frames of one document. */
export interface FrameKey {
  key: Buffer;
  /** Authenticated with each frame. */
  context: Buffer;
}

/** The header of a new document, and the key of its frames. */
export function newHeader(ringKey: DocumentKey, name: string): { header: Buffer; frames: FrameKey } {
  const salt = randomBytes(SALT_BYTES);
  const id = Buffer.from(ringKey.id);
  const { key, check } = derive(ringKey.key, salt);
  const header = Buffer.concat([MAGIC, Buffer.of(id.length), id, salt, check]);
  return { header, frames: { key, context: contextOf(header, name) } };
}

/**
 * Reads the header at a file's beginning; undefined for a file that is not encrypted. Throws
 * `DocumentStoreUnavailableError` for a key that is not there or is another one, `DocumentRefusedError` for a cut header.
 */
export function readHeader(
  head: Buffer,
  name: string,
  keys: DocumentKeys | undefined,
): { length: number; frames: FrameKey } | undefined {
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const saltAt = MAGIC.length + 1 + (head[MAGIC.length] ?? 0);
  const length = saltAt + SALT_BYTES + CHECK_BYTES;
  if (head.length < length) throw damagedError();
  const id = head.toString('utf8', MAGIC.length + 1, saltAt);
  const ringKey = keys?.find(id);
  if (ringKey === undefined) throw keyError(id, 'is not among KYC_ENCRYPTION_KEYS: add it again.');
  const { key, check } = derive(ringKey.key, head.subarray(saltAt, saltAt + SALT_BYTES));
  if (!timingSafeEqual(check, head.subarray(saltAt + SALT_BYTES, length))) {
    throw keyError(id, 'is another key now in KYC_ENCRYPTION_KEYS: put the former one back.');
  }
  return { length, frames: { key, context: contextOf(head.subarray(0, length), name) } };
}

/** How many bytes of a document are in that many bytes of frames; throws for a number that no document gives. */
export function plainSize(sealedBytes: number): number {
  const frames = Math.max(1, Math.ceil(sealedBytes / (FRAME_BYTES + TAG_BYTES)));
  const last = sealedBytes - (frames - 1) * (FRAME_BYTES + TAG_BYTES);
  if (last < TAG_BYTES) throw damagedError();
  return sealedBytes - frames * TAG_BYTES;
}

/** The nonce of a frame, 12 bytes: its number, counted from 0, and whether it is the last. */
export function nonceOf(frame: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(frame, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** For a document whose file is not the one that was written. */
export function damagedError(): DocumentRefusedError {
  return new DocumentRefusedError(
    'DocumentUnusable',
    'The document was damaged or changed in the document store: store and submit it again.',
  );
}

function derive(ringKey: KeyObject, salt: Buffer): { key: Buffer; check: Buffer } {
  const key = Buffer.from(hkdfSync('sha256', ringKey, salt, 'documents', KEY_BYTES));
  return { key, check: createHmac('sha256', key).update('key check').digest().subarray(0, CHECK_BYTES) };
}

function contextOf(header: Buffer, name: string): Buffer {
  return Buffer.concat([header, Buffer.from(name)]);
}

function keyError(id: string, what: string): DocumentStoreUnavailableError {
  const shown = /^[\w.:-]{1,64}$/.test(id) ? `"${id}"` : 'of an unreadable id';
  return new DocumentStoreUnavailableError(`A document is encrypted with the key ${shown}, which ${what}`);
}
