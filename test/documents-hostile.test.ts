import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { FolderStore } from '../src/documents/folder-store';
import { inspectDocument, MAX_DOCUMENT_BYTES } from '../src/documents/inspection';
import { DocumentAccess } from '../src/documents/sources';
import { HOSTILE_FILES, inspectWatched, zipEnd } from './support/hostile-files';
import { heicHead, jpegImage } from './support/images';
import { temporaryFolder } from './support/temporary-folder';

const UNUSABLE = { name: 'DocumentRefusedError', code: 'DocumentUnusable' };

const MIB = 1024 * 1024;

const folder = temporaryFolder();
const access = new DocumentAccess(new FolderStore(folder), []);

const uriOf = (bytes: Buffer): string => {
  writeFileSync(join(folder, 'document.jpg'), bytes);
  return pathToFileURL(join(folder, 'document.jpg')).href;
};

test.each(HOSTILE_FILES)('refuses %s, and reads it once at most and holds little of it', async (_, bytes, reason) => {
  const { refusal, bytesRead, mostMemory } = await inspectWatched(access, uriOf(bytes));
  expect(refusal).toMatchObject(UNUSABLE);
  expect(refusal?.message).toContain(reason);
  expect(bytesRead).toBeLessThanOrEqual(bytes.length);
  expect(mostMemory).toBeLessThan(16 * MIB);
});

test('reads no more of a large hostile file than its head', async () => {
  let given = 0;
  const stream = new Readable({
    read() {
      given += 65_536;
      this.push(Buffer.alloc(65_536));
    },
  });
  const endless = { open: () => Promise.resolve({ stream, size: MAX_DOCUMENT_BYTES }) };
  await expect(inspectDocument(endless, { uri: 'file:///a' })).rejects.toThrow('none of JPEG');
  expect(given).toBeLessThanOrEqual(1_048_576);
  expect(stream.destroyed).toBe(true);
});

test('takes a photo with a film behind it, as phones make them, and one that speaks of archives', async () => {
  const film = Buffer.concat([jpegImage(), heicHead(32, 24, ['isom', 'mp42']), Buffer.from('PK\x05\x06', 'latin1')]);
  for (const photo of [film, Buffer.concat([jpegImage(), zipEnd('comment').subarray(0, 24)])]) {
    expect(await inspectDocument(access, { uri: uriOf(photo) })).toMatchObject({ type: 'image/jpeg' });
  }
});

test('finds an archive at the end of the largest document', async () => {
  const uri = uriOf(jpegImage());
  truncateSync(join(folder, 'document.jpg'), MAX_DOCUMENT_BYTES - 22);
  writeFileSync(join(folder, 'document.jpg'), zipEnd(), { flag: 'a' });
  await expect(inspectDocument(access, { uri })).rejects.toThrow('another kind of file');
});
