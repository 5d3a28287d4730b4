import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
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
import { ownerOf } from '../src/documents/stored-name';
import { testDocumentStore } from './support/document-store-behaviours';
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

describe('in clear', () => {
  testDocumentStore(() => ({
    store,
    names: () => (existsSync(root) ? everythingIn(root) : []),
    place: (name, content) => uriOf(placed(name, content)),
  }));
});

test('keeps everything for its own user alone', async () => {
  const { uri } = await store.put('ana@example.com', Buffer.from('x'), LIMIT);
  const file = fileURLToPath(uri);
  expect(file.slice(root.length)).toMatch(/^\/[0-9a-f]{16}\/[0-9a-f]{8}-[0-9a-f-]{27}$/);
  expect([root, dirname(file)].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
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

test('makes a folder store of a file URL, and refuses what is neither that nor S3', async () => {
  await createDocumentStore(`${uriOf(root)}/`).check();
  expect(existsSync(root)).toBe(true);
  for (const url of ['', 'documents', 'https://example.com', 'file:documents', 's3:bucket', 's3://', 's3://UPPER/x']) {
    expect(() => createDocumentStore(url)).toThrow(/^(must be file:|A place on S3 is written as)/);
  }
});

test('keeps the folder itself, whatever is deleted from it', async () => {
  expect(await store.delete(uriOf(placed('plain.jpg')))).toBe(true);
  expect(existsSync(root)).toBe(true);
});

test('lists what a crash left: halves of documents, probes, and no empty directories', async () => {
  const id = '00000000-0000-4000-8000-000000000000';
  const leftovers = [placed(`${ownerOf('v')}/.${id}`), placed(`.check-${id}`)];
  mkdirSync(join(root, ownerOf('gone')));
  const listed: (string | null)[] = [];
  for await (const { owner, remove } of store.entries()) listed.push(owner, (await remove()) ? 'removed' : 'gone');
  expect(listed).toEqual([null, 'removed', null, 'removed']);
  expect([...leftovers, join(root, ownerOf('gone'))].filter(existsSync)).toEqual([]);
});

test('an entry that a link took the place of is not listed', async () => {
  const secret = join(outside, 'secret');
  writeFileSync(secret, 'secret');
  const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
  rmSync(fileURLToPath(uri));
  symlinkSync(secret, fileURLToPath(uri));
  symlinkSync(outside, join(root, ownerOf('w')));
  for await (const _ of store.entries()) throw new Error('listed a link');
  expect(existsSync(secret)).toBe(true);
});
