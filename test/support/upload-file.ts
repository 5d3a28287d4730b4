import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { UploadFile } from '../../src/notus/upload';

/** Those bytes as a document on its way, given by the stream that is to stand for them. */
export const uploadFile = (bytes: Buffer, stream: Readable = Readable.from([bytes])): UploadFile => ({
  stream,
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  type: 'image/jpeg',
  name: 'front.jpg',
});
