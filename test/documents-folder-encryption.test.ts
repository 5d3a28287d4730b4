import { createSecretKey, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { DocumentKeys } from '../src/documents/document-keys';
import { FolderStore } from '../src/documents/folder-store';
import { testDocumentStore } from './support/document-store-behaviours';
import { temporaryFolder } from './support/temporary-folder';

const LIMIT = 1_000_000;
const UNUSABLE = { name: 'DocumentRefusedError', code: 'DocumentUnusable' };
const UNAVAILABLE = { name: 'DocumentStoreUnavailableError' };

const ringOf = (...ring: [string, Buffer][]): DocumentKeys => {
  const keys = ring.map(([id, bytes]) => ({ id, key: createSecretKey(bytes) }));
  return { first: keys[0], find: (id) => keys.find((key) => key.id === id) };
};

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const oldRing = ringOf(['2026-10', oldKey]);

let root: string;
let store: FolderStore;

beforeEach(() => {
  root = join(temporaryFolder(), 'store');
  store = new FolderStore(root, oldRing);
});

const readBy = async (reader: FolderStore, uri: string): Promise<Buffer> =>
  await buffer((await reader.open(uri)).stream);
const put = async (bytes: Buffer | string): Promise<{ uri: string; path: string }> => {
  const { uri } = await store.put('v', Buffer.from(bytes), LIMIT);
  return { uri, path: fileURLToPath(uri) };
};

describe('a store with keys', () => {
  testDocumentStore(() => ({
    store,
    names: () => (existsSync(root) ? readdirSync(root, { recursive: true }).map(String) : []),
    place: (name, content) => {
      const path = join(root, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return pathToFileURL(path).href;
    },
  }));
});

test('keeps no byte of a document in clear, and the same document never twice alike', async () => {
  const text = 'the name of a person, repeated; '.repeat(8_000);
  const [first, second] = [await put(text), await put(text)].map(({ path }) => readFileSync(path));
  expect(first?.includes('person')).toBe(false);
  expect(first?.subarray(60, 100)).not.toEqual(second?.subarray(60, 100));
  expect(first?.length).toBe(text.length + 8 + 1 + '2026-10'.length + 32 + 16 + 4 * 16);
});

test('reads with an old key after a rotation, and writes with the new one', async () => {
  const { uri } = await put('old');
  const rotated = new FolderStore(root, ringOf(['2026-11', newKey], ['2026-10', oldKey]));
  expect((await readBy(rotated, uri)).toString()).toBe('old');
  const fresh = await rotated.put('v', Buffer.from('new'), LIMIT);
  await expect(store.open(fresh.uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.open(fresh.uri)).rejects.toThrow('the key "2026-11", which is not among KYC_ENCRYPTION_KEYS');
});

test('waits for a key that is missing or another one under its id, and reads once it is back', async () => {
  const { uri } = await put('content');
  for (const [ring, reason] of [
    [ringOf(['2026-11', newKey]), 'is not among'],
    [ringOf(['2026-10', newKey]), 'is another key now'],
    [undefined, 'is not among'],
  ] as const) {
    const opened = new FolderStore(root, ring).open(uri);
    await expect(opened).rejects.toMatchObject(UNAVAILABLE);
    await expect(opened).rejects.toThrow(reason);
  }
  expect((await readBy(store, uri)).toString()).toBe('content');
});

test('writes in clear with an empty ring', async () => {
  const clear = new FolderStore(root, ringOf());
  const { uri } = await clear.put('v', Buffer.from('clear'), LIMIT);
  expect(readFileSync(fileURLToPath(uri), 'utf8')).toBe('clear');
});

test('an unreadable key id is not told', async () => {
  const { uri, path } = await put('content');
  const bytes = readFileSync(path);
  bytes.write('a\nb', 9);
  writeFileSync(path, bytes);
  await expect(store.open(uri)).rejects.toThrow('the key of an unreadable id');
});

test('reads what lay there in clear before there were keys', async () => {
  const { uri } = await new FolderStore(root).put('v', Buffer.from('clear'), LIMIT);
  expect((await readBy(store, uri)).toString()).toBe('clear');
});

test('removes a document whose key is gone', async () => {
  const { uri } = await put('content');
  expect(await new FolderStore(root).delete(uri)).toBe(true);
});

/** Of the key id used here. */
const HEADER = 8 + 1 + '2026-10'.length + 32 + 16;
const FRAME = 65_536 + 16;

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['a changed byte in the first frame', (bytes) => flipped(bytes, HEADER)],
  ['a changed byte in the last frame', (bytes) => flipped(bytes, bytes.length - 20)],
  ['a changed tag', (bytes) => flipped(bytes, bytes.length - 1)],
  ['frames that were swapped', (bytes) => swapped(bytes)],
  ['a frame that was left out', (bytes) => Buffer.concat([bytes.subarray(0, HEADER), bytes.subarray(HEADER + FRAME)])],
  ['the last frame cut off', (bytes) => bytes.subarray(0, HEADER + 2 * FRAME)],
  ['an end cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
  ['all frames cut off', (bytes) => bytes.subarray(0, HEADER)],
  ['a header cut off', (bytes) => bytes.subarray(0, HEADER - 1)],
  ['more at the end', (bytes) => Buffer.concat([bytes, Buffer.alloc(100)])],
  ['a frame once more', (bytes) => Buffer.concat([bytes, bytes.subarray(HEADER, HEADER + FRAME)])],
])('refuses a file with %s', async (_, change) => {
  const { uri, path } = await put(randomBytes(150_000));
  writeFileSync(path, change(readFileSync(path)));
  await expect(readBy(store, uri)).rejects.toMatchObject(UNUSABLE);
});

test('refuses a document under the name of another', async () => {
  const [first, second] = [await put('mine'), await put('yours')];
  copyFileSync(second.path, first.path);
  await expect(readBy(store, first.uri)).rejects.toMatchObject(UNUSABLE);
  expect((await readBy(store, second.uri)).toString()).toBe('yours');
});

test('gives nothing of a frame that does not authenticate', async () => {
  const { uri, path } = await put(randomBytes(200_000));
  writeFileSync(path, flipped(readFileSync(path), HEADER + 2 * FRAME + 5));
  const { stream } = await store.open(uri);
  let given = 0;
  stream.on('data', (chunk: Buffer) => (given += chunk.length));
  await expect(new Promise((_, reject) => stream.once('error', reject))).rejects.toMatchObject(UNUSABLE);
  expect(given).toBeLessThanOrEqual(2 * 65_536);
});

test('fails when the file is cut while it is read', async () => {
  const { uri, path } = await put(randomBytes(900_000));
  const { stream } = await store.open(uri);
  truncateSync(path, 400_000);
  await expect(buffer(stream)).rejects.toMatchObject(UNUSABLE);
});

test('keeps only its own user in', async () => {
  expect(statSync((await put('x')).path).mode & 0o777).toBe(0o600);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

function swapped(bytes: Buffer): Buffer {
  const frame = (index: number): Buffer => bytes.subarray(HEADER + index * FRAME, HEADER + (index + 1) * FRAME);
  return Buffer.concat([bytes.subarray(0, HEADER), frame(1), frame(0), bytes.subarray(HEADER + 2 * FRAME)]);
}
