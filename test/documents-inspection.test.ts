import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { decode } from 'jpeg-js';
import { DocumentStoreUnavailableError } from '../src/documents/errors';
import { FolderStore } from '../src/documents/folder-store';
import { MAX_DOCUMENT_BYTES, inspectDocument } from '../src/documents/inspection';
import { DocumentAccess } from '../src/documents/sources';
import { heicHead, jpegImage, pdfDocument, pngHeader, pngImage, webpHead } from './support/images';
import { temporaryFolder } from './support/temporary-folder';

const UNUSABLE = { name: 'DocumentRefusedError', code: 'DocumentUnusable' };

const folder = temporaryFolder();
const access = new DocumentAccess(new FolderStore(folder), []);
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const uriOf = (bytes: Buffer, name = 'document.jpg'): string => {
  writeFileSync(join(folder, name), bytes);
  return pathToFileURL(join(folder, name)).href;
};

test.each([
  ['image/jpeg', jpegImage()],
  ['image/jpeg', jpegImage({ bytes: 700_000 })],
  ['image/png', pngImage()],
  ['image/png', pngImage({ bytes: 700_000 })],
  ['image/webp', webpHead()],
  ['image/heic', heicHead()],
  ['image/heic', heicHead(32, 24, ['mif1', 'mif1', 'heic'])],
  ['application/pdf', pdfDocument()],
])('tells %s by its content, whatever its name says', async (type, bytes) => {
  const uri = uriOf(bytes, 'document.txt');
  expect(await inspectDocument(access, { uri })).toEqual({ uri, sha256: sha256Of(bytes), size: bytes.length, type });
});

test('takes a photo with a long EXIF segment before its dimensions', async () => {
  const photo = jpegImage();
  const exif = Buffer.concat([Buffer.from('ffe1fff04578696600004d4d', 'hex'), Buffer.alloc(0xfff0 - 10)]);
  const bytes = Buffer.concat([photo.subarray(0, 2), exif, exif, photo.subarray(2)]);
  expect(await inspectDocument(access, { uri: uriOf(bytes) })).toMatchObject({ type: 'image/jpeg' });
});

test('takes exactly 25 MiB, and refuses a byte more before it is read', async () => {
  const uri = uriOf(jpegImage());
  // The file system fills with zeros, which decoders ignore after the end of the picture.
  truncateSync(join(folder, 'document.jpg'), MAX_DOCUMENT_BYTES);
  expect(await inspectDocument(access, { uri })).toMatchObject({ size: MAX_DOCUMENT_BYTES, type: 'image/jpeg' });
  truncateSync(join(folder, 'document.jpg'), MAX_DOCUMENT_BYTES + 1);
  await expect(inspectDocument(access, { uri })).rejects.toThrow('larger than 25 MiB');
  let reads = 0;
  const stream = new Readable({ read: () => (reads += 1) });
  const endless = { open: () => Promise.resolve({ stream, size: MAX_DOCUMENT_BYTES + 1 }) };
  await expect(inspectDocument(endless, { uri })).rejects.toMatchObject(UNUSABLE);
  expect([reads, stream.destroyed]).toEqual([0, true]);
});

test('takes an image at the limits of its dimensions', async () => {
  for (const head of [pngHeader(10_000, 10_000), pngHeader(30_000, 1)]) {
    expect(await inspectDocument(access, { uri: uriOf(head) })).toMatchObject({ type: 'image/png' });
  }
});

test('compares the sha256 in any case, and refuses another one', async () => {
  const bytes = jpegImage({ seed: 7 });
  const uri = uriOf(bytes);
  const sha256 = sha256Of(bytes);
  expect(await inspectDocument(access, { uri, sha256: sha256.toUpperCase() })).toMatchObject({ sha256 });
  for (const wrong of [sha256Of(Buffer.from('other')), '', 'abc', null, 7] as string[]) {
    await expect(inspectDocument(access, { uri, sha256: wrong })).rejects.toThrow('sha256');
  }
});

test('refuses a missing document, and a URI outside, without naming either', async () => {
  const missing = inspectDocument(access, { uri: pathToFileURL(join(folder, 'ana.jpg')).href });
  await expect(missing).rejects.toThrow(/^The document is not there/);
  await expect(missing).rejects.toMatchObject(UNUSABLE);
  const outside = inspectDocument(access, { uri: 'file:///etc/passwd' });
  await expect(outside).rejects.toMatchObject({ code: 'InvalidDocuments' });
  await expect(outside).rejects.not.toThrow(/passwd/);
});

test('refuses a file that is cut short while it is read', async () => {
  const uri = uriOf(jpegImage({ bytes: 2_000_000 }));
  const cutting = {
    open: async (opened: string) => {
      const document = await access.open(opened);
      truncateSync(join(folder, 'document.jpg'), 1_000_000);
      return document;
    },
  };
  await expect(inspectDocument(cutting, { uri })).rejects.toThrow('changed while it was read');
});

test('passes an outage on in the middle of a document', async () => {
  const outage = new DocumentStoreUnavailableError('The disk is gone: look after it.');
  const stream = new Readable({ read: () => stream.destroy(outage) });
  const failing = { open: () => Promise.resolve({ stream, size: 100 }) };
  await expect(inspectDocument(failing, { uri: 'file:///a' })).rejects.toBe(outage);
});

test('stops reading when it is aborted, with the reason given', async () => {
  const reason = new Error('the activity is cancelled');
  const controller = new AbortController();
  const stream = new Readable({ read: () => controller.abort(reason) });
  const endless = { open: () => Promise.resolve({ stream, size: 100 }) };
  await expect(inspectDocument(endless, { uri: 'file:///a' }, controller.signal)).rejects.toBe(reason);
  expect(stream.destroyed).toBe(true);
  await expect(inspectDocument(access, { uri: uriOf(jpegImage()) }, controller.signal)).rejects.toBe(reason);
});

test('the images of the tests are as long as asked for, and their JPEG decodes', () => {
  for (const bytes of [2_000, 65_540, 70_000, 131_100, 1_000_000]) {
    expect([jpegImage({ bytes }).length, pngImage({ bytes, width: 8, height: 8 }).length]).toEqual([bytes, bytes]);
  }
  expect(decode(jpegImage({ width: 40, height: 30, bytes: 100_000 }))).toMatchObject({ width: 40, height: 30 });
});
