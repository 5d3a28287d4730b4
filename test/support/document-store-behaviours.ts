import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { DocumentStore, OpenDocument, StoreEntry } from '../../src/documents/store';
import { ownerOf } from '../../src/documents/stored-name';

/** One kind of store, empty before each test. */
export interface StoreGround {
  store: DocumentStore;
  /** The names of all that lies in it, unfinished things included. */
  names(): Promise<string[]> | string[];
  /** Puts something there under a plain name as another program would, and gives its URI. */
  place(name: string, content: string): Promise<string> | string;
}

const LIMIT = 1000;
const MEBIBYTE = 1_048_576;
const UNUSABLE = { name: 'DocumentRefusedError', code: 'DocumentUnusable' };
const INVALID = { name: 'DocumentRefusedError', code: 'InvalidDocuments' };

const bytesOf = async (document: OpenDocument): Promise<Buffer> => await buffer(document.stream);
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const listed = async (store: DocumentStore): Promise<StoreEntry[]> => {
  const entries: StoreEntry[] = [];
  for await (const entry of store.entries()) entries.push(entry);
  return entries;
};

function* pieces(bytes: Buffer, length: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += length) yield bytes.subarray(start, start + length);
}

/** The tests that hold for every document store. */
export function testDocumentStore(groundFor: () => Promise<StoreGround> | StoreGround): void {
  let ground: StoreGround;
  let store: DocumentStore;

  beforeEach(async () => {
    ground = await groundFor();
    ({ store } = ground);
  });

  test('gives back the bytes that were put, with their sha256 and size', async () => {
    const bytes = Buffer.from('the document');
    const stored = await store.put('verification-1', bytes, LIMIT);
    expect(stored).toMatchObject({ sha256: sha256Of(bytes), size: bytes.length });
    expect(store.contains(stored.uri)).toBe(true);
    const opened = await store.open(stored.uri);
    expect(opened.size).toBe(bytes.length);
    expect(await bytesOf(opened)).toEqual(bytes);
  });

  test.each([1, 65_535, 65_536, 65_537, 131_072, 5 * MEBIBYTE, 12 * MEBIBYTE + 1])(
    'gives back a stream of %i bytes of unknown length',
    async (size) => {
      const bytes = Buffer.alloc(size, 'some bytes that are not all the same');
      const stored = await store.put('v', Readable.from(pieces(bytes, 100_003)), size);
      expect(stored).toMatchObject({ sha256: sha256Of(bytes), size });
      const opened = await store.open(stored.uri);
      expect(opened.size).toBe(size);
      expect((await bytesOf(opened)).equals(bytes)).toBe(true);
    },
  );

  test('takes streams of buffers and of text, up to the limit itself', async () => {
    const ofBuffers = await store.put('v', Readable.from([Buffer.alloc(600), Buffer.alloc(400)]), LIMIT);
    expect(ofBuffers.size).toBe(LIMIT);
    const ofText = await store.put('v', Readable.from(['Olá, ', 'mundo']), LIMIT);
    expect((await bytesOf(await store.open(ofText.uri))).toString()).toBe('Olá, mundo');
  });

  test('keeps the verification id out of names that nobody can guess', async () => {
    const { uri } = await store.put('ana@example.com', Buffer.from('x'), LIMIT);
    expect(uri).toMatch(/\/[0-9a-f]{16}\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(uri).not.toContain('ana');
    const again = await store.put('ana@example.com', Buffer.from('x'), LIMIT);
    expect(again.uri).not.toBe(uri);
    expect(again.uri.split('/').slice(0, -1)).toEqual(uri.split('/').slice(0, -1));
  });

  test.each([LIMIT, 6 * MEBIBYTE])('refuses a byte more than %i, and leaves nothing behind', async (limit) => {
    const source = Readable.from([Buffer.alloc(limit), Buffer.alloc(1), Buffer.alloc(1)]);
    await expect(store.put('v', source, limit)).rejects.toMatchObject(UNUSABLE);
    expect(source.destroyed).toBe(true);
    await expect(store.put('v', Buffer.alloc(limit + 1), limit)).rejects.toMatchObject(UNUSABLE);
    expect(await ground.names()).toEqual([]);
  });

  test('passes the error of the given stream on, and leaves nothing behind', async () => {
    const missing = createReadStream('/nowhere');
    await expect(store.put('v', missing, LIMIT)).rejects.toMatchObject({ code: 'ENOENT' });
    const broken = new Readable({ read: () => undefined });
    broken.push('some');
    broken.destroy(new Error('the phone went away'));
    await expect(store.put('v', broken, LIMIT)).rejects.toThrow('the phone went away');
    const late = Readable.from(
      (function* () {
        yield Buffer.alloc(11 * MEBIBYTE);
        throw new Error('the phone went away later');
      })(),
    );
    await expect(store.put('v', late, 20 * MEBIBYTE)).rejects.toThrow('the phone went away later');
    expect(await ground.names()).toEqual([]);
  });

  test('deletes a document once', async () => {
    const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
    expect(await store.delete(uri)).toBe(true);
    expect(await store.delete(uri)).toBe(false);
    expect(await ground.names()).toEqual([]);
    await expect(store.open(uri)).rejects.toMatchObject(UNUSABLE);
  });

  test('keeps the other documents of the verification', async () => {
    const first = await store.put('v', Buffer.from('1'), LIMIT);
    const second = await store.put('v', Buffer.from('2'), LIMIT);
    await store.delete(first.uri);
    expect(await bytesOf(await store.open(second.uri))).toEqual(Buffer.from('2'));
  });

  test('puts and deletes at the same time without losing a document', async () => {
    const rounds = Array.from({ length: 20 }, async () => {
      const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
      return await store.delete(uri);
    });
    expect(await Promise.all(rounds)).toEqual(Array(20).fill(true));
    expect(await ground.names()).toEqual([]);
  });

  test('reads and deletes what another program put under a plain name', async () => {
    const uri = await ground.place('plain.jpg', 'plain');
    expect((await bytesOf(await store.open(uri))).toString()).toBe('plain');
    expect(await store.delete(uri)).toBe(true);
  });

  test('is ready, and leaves no trace of the check', async () => {
    await store.check();
    expect(await ground.names()).toEqual([]);
  });

  test('a document may be closed unread', async () => {
    const { uri } = await store.put('v', Buffer.alloc(MEBIBYTE), MEBIBYTE);
    const { stream } = await store.open(uri);
    stream.destroy();
    expect(await store.delete(uri)).toBe(true);
  });

  test('lists what it wrote by verification and time, and nothing of others', async () => {
    await ground.place('plain.jpg', 'plain');
    await ground.place(`${ownerOf('v')}/plain.jpg`, 'plain');
    const before = Date.now() - 60_000;
    const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
    const [entry, ...others] = await listed(store);
    expect([entry?.owner, others]).toEqual([ownerOf('v'), []]);
    expect(entry?.modifiedAt).toBeGreaterThan(before);
    expect(entry?.modifiedAt).toBeLessThan(Date.now() + 60_000);
    expect([await entry?.remove(), await entry?.remove()]).toEqual([true, false]);
    await expect(store.open(uri)).rejects.toMatchObject(UNUSABLE);
    expect((await ground.names()).filter((name) => name.endsWith('plain.jpg'))).toHaveLength(2);
  });

  test('refuses every URI that is not plainly inside', async () => {
    const inside = await ground.place('a.jpg', 'content');
    const root = inside.replace(/\/a\.jpg$/, '');
    const hostile = [
      root,
      `${root}/`,
      `${root}-old/a.jpg`,
      `${root}/../secret`,
      `${root}/x/../a.jpg`,
      `${root}/./a.jpg`,
      `${root}//a.jpg`,
      `${root}/..\\secret`,
      `${root}/a.jpg\u0000`,
      `${root}/a\n.jpg`,
      `${root}/${'a'.repeat(5000)}`,
      'https://example.com/a.jpg',
      '',
      ...([null, undefined, 7, {}, [inside]] as unknown as string[]),
    ];
    for (const uri of hostile) {
      expect([uri, store.contains(uri)]).toEqual([uri, false]);
      await expect(store.open(uri)).rejects.toMatchObject(INVALID);
      await expect(store.delete(uri)).rejects.toMatchObject(INVALID);
    }
    expect(await store.delete(inside)).toBe(true);
  });
}
