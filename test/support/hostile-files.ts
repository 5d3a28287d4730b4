import { Readable } from 'node:stream';
import { deflateSync } from 'node:zlib';
import { inspectDocument } from '../../src/documents/inspection';
import type { DocumentAccess } from '../../src/documents/sources';
import { box, heicHead, jpegImage, pdfDocument, pngChunk, pngHeader, pngImage, webpHead } from './images';

const jpegWithComment = (comment: string): Buffer => {
  const segment = Buffer.from(`\xff\xfe\0\0${comment}`, 'latin1');
  segment.writeUInt16BE(segment.length - 2, 2);
  const photo = jpegImage();
  return Buffer.concat([photo.subarray(0, 2), segment, photo.subarray(2)]);
};

/** The end of an archive without files, and a comment. */
export const zipEnd = (comment = ''): Buffer => {
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([end, Buffer.from(comment)]);
};

/** A megabyte of a million, in an archive of one file. */
const zipBomb = (): Buffer => {
  const local = Buffer.alloc(30);
  local.write('PK\x03\x04', 'latin1');
  return Buffer.concat([local, deflateSync(Buffer.alloc(50_000_000)), zipEnd()]);
};

const nested = (depth: number): Buffer => {
  let boxes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) boxes = box('meta', Buffer.concat([Buffer.alloc(4), boxes]));
  return Buffer.concat([heicHead().subarray(0, 24), boxes]);
};

const jpegOfSide = (side: number): Buffer => {
  const photo = jpegImage();
  const frame = photo.indexOf(Buffer.from('ffc0', 'hex'));
  photo.writeUInt16BE(side, frame + 5);
  photo.writeUInt16BE(side, frame + 7);
  return photo;
};

const pngOfLength = (length: number): Buffer => {
  const head = pngHeader(32, 24);
  head.writeUInt32BE(length, 8);
  return head;
};

/** Files that somebody could send to do harm or by mistake: what each is, its bytes, and a word of its refusal. */
export const HOSTILE_FILES: readonly (readonly [name: string, bytes: Buffer, reason: string])[] = [
  ['an empty file', Buffer.alloc(0), 'is empty'],
  ['HTML named .jpg', Buffer.from('<!doctype html><title>Sign in</title>'), 'none of JPEG'],
  ['one byte', Buffer.of(0xff), 'none of JPEG'],
  ['zeros', Buffer.alloc(4096), 'none of JPEG'],
  ['a GIF', Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1'), 'none of JPEG'],
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'none of JPEG'],
  ['a ZIP', Buffer.from('PK\x03\x04 %PDF-1.4', 'latin1'), 'none of JPEG'],
  ['an AVIF', heicHead(32, 24, ['avif', 'avif', 'mif1']), 'none of JPEG'],
  ['a video', heicHead(32, 24, ['isom', 'isom', 'mp42']), 'none of JPEG'],
  ['a JPEG cut in its header', jpegImage().subarray(0, 20), 'truncated'],
  ['a JPEG signature alone', Buffer.of(0xff, 0xd8, 0xff), 'truncated'],
  ['a JPEG of zeros', Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe0), Buffer.alloc(1_000_000)]), 'truncated'],
  ['a PNG cut in its header', pngHeader(32, 24).subarray(0, 20), 'truncated'],
  ['a PNG signature alone', pngHeader(32, 24).subarray(0, 8), 'truncated'],
  ['a WebP cut in its header', webpHead().subarray(0, 24), 'truncated'],
  ['a HEIC cut in its header', heicHead().subarray(0, 40), 'truncated'],
  ['a PNG without pixels', pngHeader(0, 24), 'truncated'],
  ['a HEIC without pixels', heicHead(0, 0), 'truncated'],
  ['a PNG of 30,001 pixels a side', pngHeader(30_001, 1), 'megapixels'],
  ['a PNG of 2^32 - 1 pixels a side', pngHeader(0xffffffff, 0xffffffff), 'megapixels'],
  ['a PNG of more than 100 megapixels', pngHeader(10_001, 10_000), 'megapixels'],
  ['a HEIC of more than 100 megapixels', heicHead(20_000, 20_000), 'megapixels'],
  ['a HEIC with a second picture of 400 megapixels', heicHead(32, 24, ['heic'], [20_000, 20_000]), 'megapixels'],
  ['a WebP of 16,777,216 pixels a side', webpHead(16_777_216, 1), 'megapixels'],
  ['a ZIP bomb', zipBomb(), 'none of JPEG'],
  ['a ZIP bomb behind a photo', Buffer.concat([jpegImage(), zipBomb()]), 'another kind of file'],
  ['an archive behind a PNG', Buffer.concat([pngImage(), zipEnd('with a comment')]), 'another kind of file'],
  ['an archive behind a PDF', Buffer.concat([pdfDocument(), zipEnd()]), 'another kind of file'],
  ['an archive with the longest comment', Buffer.concat([jpegImage(), zipEnd('c'.repeat(65_535))]), 'another kind'],
  ['a photo that is a PDF, too', jpegWithComment('%PDF-1.7'), 'another kind of file'],
  ['a photo that is a page, too', jpegWithComment('*/<SCRIPT>alert(1)</script>'), 'another kind of file'],
  ['a photo that is a program, too', jpegWithComment('<?php system($_GET[0]);'), 'another kind of file'],
  ['a PDF behind a page', Buffer.from('<html>\n%PDF-1.4\n'), 'none of JPEG'],
  ['a program', Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), 'none of JPEG'],
  ['a PNG of 30,000 pixels a side', pngHeader(30_000, 30_000), 'megapixels'],
  [
    'a PNG without a header chunk',
    Buffer.concat([pngHeader(32, 24).subarray(0, 8), pngChunk('IDAT', Buffer.alloc(99))]),
    'truncated',
  ],
  ['a PNG whose header claims 4 GiB', pngOfLength(0xffffffff), 'truncated'],
  ['a PNG whose header claims nothing', pngOfLength(0), 'truncated'],
  ['a HEIC of boxes in boxes', nested(5_000), 'truncated'],
  [
    'a HEIC of a box of 4 GiB',
    Buffer.concat([heicHead().subarray(0, 24), Buffer.from('ffffffff6d657461', 'hex')]),
    'truncated',
  ],
  [
    'a HEIC of a box without a length',
    Buffer.concat([heicHead().subarray(0, 24), Buffer.from('000000006d657461', 'hex')]),
    'truncated',
  ],
  [
    'a HEIC whose first box claims 4 GiB',
    Buffer.concat([Buffer.from('ffffffff', 'hex'), heicHead().subarray(4, 24)]),
    'truncated',
  ],
  [
    'a JPEG of segments without end',
    Buffer.concat([Buffer.of(0xff, 0xd8), ...Array<Buffer>(200_000).fill(Buffer.from('fffe0002', 'hex'))]),
    'truncated',
  ],
  ['a JPEG of a segment shorter than its length', Buffer.from('ffd8ffe00000ffc0', 'hex'), 'truncated'],
  ['a JPEG of 65,535 pixels a side', jpegOfSide(65_535), 'megapixels'],
];

/** What the inspection of one document took. */
export interface Watched {
  /** What it came to, by the name and the words of the refusal; null if it was taken. */
  refusal: Error | null;
  bytesRead: number;
  /** The most bytes in buffers, beyond those there were before. */
  mostMemory: number;
}

/** Inspects a document as a worker does, and watches what that takes. */
export async function inspectWatched(access: Pick<DocumentAccess, 'open'>, uri: string): Promise<Watched> {
  const before = process.memoryUsage().arrayBuffers;
  const watched: Watched = { refusal: null, bytesRead: 0, mostMemory: 0 };
  const look = (): void => {
    watched.mostMemory = Math.max(watched.mostMemory, process.memoryUsage().arrayBuffers - before);
  };
  async function* counted(stream: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      watched.bytesRead += chunk.length;
      look();
      yield chunk;
      look();
    }
  }
  const open: DocumentAccess['open'] = async (wanted) => {
    const { stream, size } = await access.open(wanted);
    const watchedStream = Readable.from(counted(stream), { objectMode: false });
    // An empty file is refused unread, and a generator that never began closes nothing.
    watchedStream.once('close', () => stream.destroy());
    return { stream: watchedStream, size };
  };
  await inspectDocument({ open }, { uri }).catch((error: unknown) => {
    watched.refusal = error instanceof Error ? error : new Error('It threw no Error.');
  });
  look();
  return watched;
}
