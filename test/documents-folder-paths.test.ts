import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { FolderStore } from '../src/documents/folder-store';
import type { OpenDocument } from '../src/documents/store';
import { temporaryFolder } from './support/temporary-folder';

const LIMIT = 1000;
const INVALID = { name: 'DocumentRefusedError', code: 'InvalidDocuments' };
const UNUSABLE = { name: 'DocumentRefusedError', code: 'DocumentUnusable' };

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

/** Puts a file into the store as another program would, under a plain name. */
const placed = (name: string): string => {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'content');
  return path;
};

const hostile = (): [string, string][] => [
  ['another folder', uriOf(join(outside, 'other', 'a.jpg'))],
  ['a sibling whose name begins alike', `${uriOf(root)}-old/a.jpg`],
  ['the folder itself', uriOf(root)],
  ['the folder itself with a slash', `${uriOf(root)}/`],
  ['parent segments', `${uriOf(root)}/../secret`],
  ['parent segments that come back', `${uriOf(root)}/x/../a.jpg`],
  ['encoded parent segments', `${uriOf(root)}/%2e%2e/secret`],
  ['half encoded parent segments', `${uriOf(root)}/.%2E/secret`],
  ['an encoded slash', `${uriOf(root)}/..%2fsecret`],
  ['a backslash', `${uriOf(root)}/..\\secret`],
  ['an encoded backslash', `${uriOf(root)}/..%5csecret`],
  ['a NUL', `${uriOf(root)}/a.jpg%00`],
  ['a line break', `${uriOf(root)}/a\n.jpg`],
  ['an empty segment', `${uriOf(root)}//a.jpg`],
  ['a query', `${uriOf(root)}/a.jpg?x=1`],
  ['a fragment', `${uriOf(root)}/a.jpg#x`],
  ['a broken encoding', `${uriOf(root)}/%zz`],
  ['a host', `file://host${root}/a.jpg`],
  ['a plain path', join(root, 'a.jpg')],
  ['one slash', `file:${root}/a.jpg`],
  ['no text', ''],
  ['another scheme', 's3://bucket/a.jpg'],
  ['an endless name', `${uriOf(root)}/${'a'.repeat(5000)}`],
];

test('refuses every URI that is not plainly inside, without a look at the disk', async () => {
  placed('a.jpg');
  writeFileSync(join(outside, 'secret'), 'secret');
  for (const [what, uri] of hostile()) {
    expect([what, store.contains(uri)]).toEqual([what, false]);
    await expect(store.open(uri)).rejects.toMatchObject(INVALID);
    await expect(store.delete(uri)).rejects.toMatchObject(INVALID);
  }
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  expect(existsSync(join(root, 'a.jpg'))).toBe(true);
});

test.each([null, undefined, 7, {}, ['file:///a'], { toString: () => 'file:///a' }])('refuses %p', async (uri) => {
  const given = uri as unknown as string;
  expect(store.contains(given)).toBe(false);
  await expect(store.open(given)).rejects.toMatchObject(INVALID);
  await expect(store.delete(given)).rejects.toMatchObject(INVALID);
});

test('takes names with spaces, accents and percent signs, and an encoding only once', async () => {
  const path = placed('maçã 100%2e.jpg');
  expect(await bytesOf(await store.open(uriOf(path)))).toEqual(Buffer.from('content'));
  await expect(store.open(`${uriOf(root)}/%252e%252e/secret`)).rejects.toMatchObject(UNUSABLE);
});

test('refuses links that leave the folder, as a file and as a parent', async () => {
  writeFileSync(join(outside, 'secret'), 'secret');
  await store.check();
  symlinkSync(join(outside, 'secret'), join(root, 'link.jpg'));
  symlinkSync(outside, join(root, 'parent'));
  for (const uri of [`${uriOf(root)}/link.jpg`, `${uriOf(root)}/parent/secret`]) {
    await expect(store.open(uri)).rejects.toMatchObject(INVALID);
    await expect(store.delete(uri)).rejects.toMatchObject(INVALID);
  }
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
});

test('reads through a link that stays inside, and does not delete it', async () => {
  symlinkSync(placed('real.jpg'), join(root, 'link.jpg'));
  const uri = `${uriOf(root)}/link.jpg`;
  expect(await bytesOf(await store.open(uri))).toEqual(Buffer.from('content'));
  await expect(store.delete(uri)).rejects.toMatchObject(INVALID);
});

test('knows its objects by the spelling of a linked folder and of its target', async () => {
  await store.check();
  symlinkSync(root, join(outside, 'alias'));
  const alias = new FolderStore(join(outside, 'alias'));
  const { uri } = await alias.put('v', Buffer.from('x'), LIMIT);
  expect(uri).toContain('/alias/');
  const target = uri.replace('/alias/', '/store/');
  expect([alias.contains(uri), alias.contains(target)]).toEqual([true, true]);
  expect(await alias.delete(target)).toBe(true);
});

test('refuses directories, pipes and loops of links without waiting for them', async () => {
  await store.check();
  mkdirSync(join(root, 'directory'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  symlinkSync(join(root, 'loop'), join(root, 'loop'));
  for (const name of ['directory', 'pipe', 'loop']) {
    await expect(store.open(`${uriOf(root)}/${name}`)).rejects.toMatchObject(UNUSABLE);
  }
  for (const name of ['directory', 'pipe']) {
    await expect(store.delete(`${uriOf(root)}/${name}`)).rejects.toMatchObject(UNUSABLE);
  }
});

test('says that an object is not there below a missing directory and below a file', async () => {
  placed('a.jpg');
  for (const name of ['b.jpg', 'missing/b.jpg', 'a.jpg/b.jpg', 'n'.repeat(300)]) {
    await expect(store.open(`${uriOf(root)}/${name}`)).rejects.toMatchObject(UNUSABLE);
    expect(await store.delete(`${uriOf(root)}/${name}`)).toBe(false);
  }
});

test.each(['', '/', 'file:///', 'file://host/dir', 'file:relative', 'file:///a/../b', 'https://host', 's3://bucket/x'])(
  'refuses %p as a folder with a sentence',
  (text) => {
    expect(() => new FolderStore(text)).toThrow(/^A folder of documents is written as file:\/\/\//);
  },
);

test('takes a relative path for a folder below the working directory', () => {
  const relative = new FolderStore('some/documents');
  expect(relative.contains(uriOf(join(process.cwd(), 'some/documents/a.jpg')))).toBe(true);
});
