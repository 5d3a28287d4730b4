import { imageSize } from 'image-size';
import { DocumentRefusedError } from './errors';
import { heicDimensions } from './heic-dimensions';
import type { Dimensions } from './heic-dimensions';
import { beginsTwice } from './polyglot';

/** The kinds of documents that are sent on to Notus, by their media types. */
export type DocumentType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/heic' | 'application/pdf';

const MAX_SIDE_PIXELS = 30_000;
const MAX_PIXELS = 100_000_000;
const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** The length and the name of the chunk that a PNG begins with (PNG specification). */
const PNG_HEADER = Buffer.from('\0\0\0\x0dIHDR', 'latin1');
const HEIC_BRANDS = ['heic', 'heix', 'hevc', 'hevx'];

/**
 * The type of a document by the content of its first bytes, whatever its name says. Of an image the header must be
 * whole and its dimensions such that no reader is brought down by them. Throws `DocumentRefusedError`.
 */
export function documentType(head: Buffer): DocumentType {
  const type = signatureOf(head);
  if (type === undefined) {
    throw unusableError(
      'The document is none of JPEG, PNG, WebP, HEIC and PDF, whatever its name says: send one of these.',
    );
  }
  if (type !== 'application/pdf' && beginsTwice(head)) throw polyglotError();
  if (type === 'image/png' && !head.subarray(8, 16).equals(PNG_HEADER)) throw unreadableError();
  if (type === 'image/heic') checkDimensions(heicDimensions(head));
  else if (type !== 'application/pdf') checkDimensions(dimensionsOf(head));
  return type;
}

/** For a file that different readers take for different things. */
export function polyglotError(): DocumentRefusedError {
  return unusableError('The document is another kind of file, too: send the picture or the PDF alone.');
}

function signatureOf(head: Buffer): DocumentType | undefined {
  const text = (start: number, end: number): string => head.toString('latin1', start, end);
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (head.subarray(0, 8).equals(PNG_SIGNATURE)) return 'image/png';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp';
  if (text(0, 5) === '%PDF-') return 'application/pdf';
  if (text(4, 8) === 'ftyp' && brandsOf(head).some((brand) => HEIC_BRANDS.includes(brand))) return 'image/heic';
  return undefined;
}

/** The brands a HEIF file declares: the general `mif1` comes first in some, with `heic` among those that follow. */
function brandsOf(head: Buffer): string[] {
  const brands =
    head
      .subarray(8, Math.min(head.readUInt32BE(0), 256))
      .toString('latin1')
      .match(/.{4}/gs) ?? [];
  return brands.filter((_, index) => index !== 1);
}

function checkDimensions(all: readonly Dimensions[]): void {
  if (all.length === 0 || all.some(({ width, height }) => width === 0 || height === 0)) throw unreadableError();
  if (all.some(({ width, height }) => Math.max(width, height) > MAX_SIDE_PIXELS || width * height > MAX_PIXELS)) {
    throw unusableError(
      'The image has more than 100 megapixels or a side of more than 30,000 pixels: send a smaller one.',
    );
  }
}

function dimensionsOf(head: Buffer): Dimensions[] {
  try {
    // A copy of its own, because the package would read on behind the end of a part of a larger buffer.
    return [imageSize(new Uint8Array(head))];
  } catch {
    return [];
  }
}

function unreadableError(): DocumentRefusedError {
  return unusableError('The image is truncated or damaged, its size in pixels cannot be read: send it again.');
}

function unusableError(message: string): DocumentRefusedError {
  return new DocumentRefusedError('DocumentUnusable', message);
}
