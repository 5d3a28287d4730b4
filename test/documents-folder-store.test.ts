import { createHash } from 'node:crypto';
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createDocumentStore } from '../src/documents/create-store';
import { DocumentStoreUnavailableError } from '../src/documents/errors';
import { fileSystemError, folderUnavailable } from '../src/documents/file-system-error';
import { FolderStore } from '../src/documents/folder-store';
import type { OpenDocument } from '../src/documents/store';
import { temporaryFolder } from './support/temporary-folder';

const LIMIT = 1000;
const UNUSABLE = { name: 'DocumentRefusedError', code: 'DocumentUnusable' };
const UNAVAILABLE = { name: 'DocumentStoreUnavailableError' };

let outside: string;
let root: string;
let store: FolderStore;

beforeEach(() => {
  outside = temporaryFolder();
  root = join(outside, 'store');
  store = new FolderStore(pathToFileURL(root).href);
});

const bytesOf = async (document: OpenDocument): Promise<Buffer> => await buffer(document.stream);
const uriOf = (path: string): string => pathToFileURL(path).href;
const everythingIn = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String);

/** Puts a file into the store as another program would, under a plain name. */
const placed = (name: string, content: Buffer | string = 'content'): string => {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
};

test('gives back the bytes that were put, with their sha256 and size', async () => {
  const bytes = Buffer.from('the document');
  const stored = await store.put('verification-1', bytes, LIMIT);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(stored).toMatchObject({ sha256, size: bytes.length });
  const opened = await store.open(stored.uri);
  expect(opened.size).toBe(bytes.length);
  expect(await bytesOf(opened)).toEqual(bytes);
});

test('takes streams of buffers and of text, up to the limit itself', async () => {
  const ofBuffers = await store.put('v', Readable.from([Buffer.alloc(600), Buffer.alloc(400)]), LIMIT);
  expect(ofBuffers.size).toBe(LIMIT);
  const ofText = await store.put('v', Readable.from(['Olá, ', 'mundo']), LIMIT);
  expect((await bytesOf(await store.open(ofText.uri))).toString()).toBe('Olá, mundo');
});

test('keeps the verification id out of names, and everything for its own user alone', async () => {
  const { uri } = await store.put('ana@example.com', Buffer.from('x'), LIMIT);
  const file = fileURLToPath(uri);
  expect(file.slice(root.length)).toMatch(/^\/[0-9a-f]{16}\/[0-9a-f]{8}-[0-9a-f-]{27}$/);
  expect([root, dirname(file)].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('puts the same bytes twice under two names in the same directory', async () => {
  const [first, second] = await Promise.all([1, 2].map(() => store.put('v', Buffer.from('x'), LIMIT)));
  expect(first?.uri).not.toBe(second?.uri);
  expect(dirname(first?.uri ?? '')).toBe(dirname(second?.uri ?? ''));
});

test('refuses more bytes than the limit, and leaves nothing behind', async () => {
  const source = Readable.from([Buffer.alloc(LIMIT), Buffer.alloc(1), Buffer.alloc(1)]);
  await expect(store.put('v', source, LIMIT)).rejects.toMatchObject(UNUSABLE);
  expect(source.destroyed).toBe(true);
  await expect(store.put('v', Buffer.alloc(LIMIT + 1), LIMIT)).rejects.toMatchObject(UNUSABLE);
  expect(everythingIn(root)).toEqual([]);
});

test('passes the error of the given stream on, and leaves nothing behind', async () => {
  const missing = createReadStream(join(outside, 'nowhere'));
  await expect(store.put('v', missing, LIMIT)).rejects.toMatchObject({ code: 'ENOENT' });
  const broken = new Readable({ read: () => undefined });
  broken.push('some');
  broken.destroy(new Error('the phone went away'));
  await expect(store.put('v', broken, LIMIT)).rejects.toThrow('the phone went away');
  expect(everythingIn(root)).toEqual([]);
});

test('shows a document under its name only once it is whole', async () => {
  const source = new Readable({ read: () => undefined });
  const stored = store.put('v', source, LIMIT);
  source.push('half');
  while (!existsSync(root) || everythingIn(root).length < 2) await new Promise(setImmediate);
  expect(everythingIn(root).filter((name) => /\/[^.][^/]*$/.test(name))).toEqual([]);
  source.push(null);
  expect(existsSync(fileURLToPath((await stored).uri))).toBe(true);
});

test('deletes a document and its empty directory, once', async () => {
  const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
  expect(await store.delete(uri)).toBe(true);
  expect(await store.delete(uri)).toBe(false);
  expect(everythingIn(root)).toEqual([]);
  await expect(store.open(uri)).rejects.toMatchObject(UNUSABLE);
});

test('keeps the other documents of the directory, and the folder itself', async () => {
  const first = await store.put('v', Buffer.from('1'), LIMIT);
  const second = await store.put('v', Buffer.from('2'), LIMIT);
  await store.delete(first.uri);
  expect(await bytesOf(await store.open(second.uri))).toEqual(Buffer.from('2'));
  const plain = placed('plain.jpg');
  await store.delete(second.uri);
  expect(await store.delete(uriOf(plain))).toBe(true);
  expect(existsSync(root)).toBe(true);
});

test('puts and deletes in one directory at the same time without losing a document', async () => {
  const rounds = Array.from({ length: 40 }, async () => {
    const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
    return await store.delete(uri);
  });
  expect(await Promise.all(rounds)).toEqual(Array(40).fill(true));
  expect(everythingIn(root)).toEqual([]);
});

test('one of two deletions at the same time says that it deleted', async () => {
  const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
  const answers = await Promise.all([store.delete(uri), store.delete(uri)]);
  expect(answers.sort()).toEqual([false, true]);
});

test('is ready once the folder is made, and leaves no trace of the check', async () => {
  expect(existsSync(root)).toBe(false);
  await store.check();
  expect(everythingIn(root)).toEqual([]);
});

test('a folder that is gone or is none is an outage, not a missing document', async () => {
  const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
  rmSync(root, { recursive: true });
  await expect(store.open(uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.delete(uri)).rejects.toMatchObject(UNAVAILABLE);
  writeFileSync(root, 'a file where the folder was');
  await expect(store.open(uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.delete(uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.check()).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.put('v', Buffer.from('x'), LIMIT)).rejects.toMatchObject(UNAVAILABLE);
});

test.each(['EACCES', 'EPERM', 'EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ESTALE'])(
  'takes %s for an outage, and tells the code without the path',
  (code) => {
    const error = Object.assign(new Error(`${code}: open '/people/ana.jpg'`), { code });
    for (const meaning of [fileSystemError(error), folderUnavailable(error)]) {
      expect(meaning).toBeInstanceOf(DocumentStoreUnavailableError);
      expect(meaning.message).toContain(code);
      expect(meaning.message).not.toContain('ana');
    }
  },
);

describe('a file that changes while it is read', () => {
  const megabyte = Buffer.alloc(1_048_576, 'a');

  test('fails when it becomes shorter or longer', async () => {
    for (const change of [
      (path: string) => truncateSync(path, 700_000),
      (path: string) => appendFileSync(path, 'more'),
    ]) {
      const path = placed('a.jpg', megabyte);
      const { stream } = await store.open(uriOf(path));
      change(path);
      await expect(buffer(stream)).rejects.toMatchObject(UNUSABLE);
    }
  });

  test('is read as it was opened when another takes its name', async () => {
    const path = placed('a.jpg', megabyte);
    const document = await store.open(uriOf(path));
    renameSync(placed('b.jpg', Buffer.alloc(megabyte.length, 'b')), path);
    expect((await bytesOf(document)).equals(megabyte)).toBe(true);
  });
});

test('makes a folder store of a file URL, and says that S3 is not available', async () => {
  await createDocumentStore(`${uriOf(root)}/`).check();
  expect(existsSync(root)).toBe(true);
  expect(() => createDocumentStore('s3://bucket/prefix')).toThrow('not available in this version');
});
