import { deflateSync } from 'node:zlib';
import { encode } from 'jpeg-js';

/** `bytes` is the exact length wanted; without it, or below what the picture needs, the picture alone. */
export interface ImageOptions {
  width?: number;
  height?: number;
  bytes?: number;
  /** Another seed gives another picture, and so other bytes. */
  seed?: number;
}

/** A picture that every decoder opens, padded with comments before its end. */
export function jpegImage({ width = 32, height = 24, bytes = 0, seed = 1 }: ImageOptions = {}): Buffer {
  const picture = encode({ width, height, data: pixels(width, height, 4, seed) }, 75).data;
  const end = picture.length - 2;
  return Buffer.concat([picture.subarray(0, end), jpegComments(bytes - picture.length), picture.subarray(end)]);
}

/** A picture that every decoder opens, padded with a private chunk before its end. */
export function pngImage({ width = 32, height = 24, bytes = 0, seed = 1 }: ImageOptions = {}): Buffer {
  const rows = pixels(width, height, 3, seed);
  const scanlines = Array.from({ length: height }, (_, y) =>
    Buffer.concat([Buffer.of(0), rows.subarray(y * width * 3, (y + 1) * width * 3)]),
  );
  const start = Buffer.concat([pngHeader(width, height), pngChunk('IDAT', deflateSync(Buffer.concat(scanlines)))]);
  const end = pngChunk('IEND', Buffer.alloc(0));
  const padding = bytes - start.length - end.length - 12;
  return Buffer.concat(padding < 0 ? [start, end] : [start, pngChunk('paDd', noise(padding, seed)), end]);
}

/** The first bytes of a PNG, which may claim any dimensions. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), pngChunk('IHDR', header)]);
}

/** The container and header of a WebP image without its pixels. */
export function webpHead(width = 32, height = 24): Buffer {
  const extended = Buffer.alloc(18);
  extended.write('VP8X', 0, 'latin1');
  extended.writeUInt32LE(10, 4);
  extended.writeUIntLE(width - 1, 12, 3);
  extended.writeUIntLE(height - 1, 15, 3);
  const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  riff.writeUInt32LE(4 + extended.length, 4);
  return Buffer.concat([riff, extended]);
}

/**
 * The container and header of a HEIC image without its pixels; `brands` are the major one and the compatible ones,
 * `second` the width and height of another picture in the file.
 */
export function heicHead(
  width = 32,
  height = 24,
  brands = ['heic', 'mif1', 'heic'],
  second?: [number, number],
): Buffer {
  const [major = 'heic', ...compatible] = brands;
  const extents = [[width, height] as const, ...(second === undefined ? [] : [second])].map(([across, down]) => {
    const content = Buffer.alloc(12);
    content.writeUInt32BE(across, 4);
    content.writeUInt32BE(down, 8);
    return box('ispe', content);
  });
  return Buffer.concat([
    box('ftyp', Buffer.from(`${major}\0\0\0\0${compatible.join('')}`, 'latin1')),
    box('meta', Buffer.concat([Buffer.alloc(4), box('iprp', box('ipco', Buffer.concat(extents)))])),
  ]);
}

/** A one-page PDF without content. */
export function pdfDocument(): Buffer {
  return Buffer.from(
    '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
      '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
    'latin1',
  );
}

function pixels(width: number, height: number, channels: number, seed: number): Buffer {
  return noise(width * height * channels, seed);
}

/** Bytes that do not compress, the same for the same seed. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** Comment segments of `length` bytes in all; a segment has 4 to 65,537 of them. */
function jpegComments(length: number): Buffer {
  const segments: Buffer[] = [];
  for (let left = length; left >= 4;) {
    // Never leaves a rest that is too short for a segment.
    const total = left <= 65_537 ? left : Math.min(65_537, left - 4);
    const segment = Buffer.alloc(total, 'x');
    segment.writeUInt16BE(0xfffe, 0);
    segment.writeUInt16BE(total - 2, 2);
    segments.push(segment);
    left -= total;
  }
  return Buffer.concat(segments);
}

/** A chunk of a PNG with its right checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** Node has its own only from 20.15 on. */
function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A box of the container that HEIC lies in. */
export function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}
