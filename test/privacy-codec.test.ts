import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import { ClientCodec, UnreadablePayloadError, WorkerCodec, type PayloadWatch } from '../src/privacy/codec';
import { METADATA } from '../src/privacy/envelope';
import { KeyRing } from '../src/privacy/key-ring';
import { payloadConverter, UNDECODABLE } from '../src/payload-converter';

const SECRET = { documentId: '12345678909', name: 'Ana Exemplo' };
const base64 = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const ring = KeyRing.parse(`new:${base64(1)},old:${base64(2)}`);
const oldRing = KeyRing.parse(`old:${base64(2)}`);

const workflow = (workflowId: string, namespace = 'default'): SerializationContext => ({
  type: 'workflow',
  namespace,
  workflowId,
});
const activity = (workflowId: string): SerializationContext => ({
  type: 'activity',
  namespace: 'default',
  workflowId,
  activityId: 'poll-result-1',
  isLocal: false,
});
const here = workflow('verification-1');

class Seen implements PayloadWatch {
  readonly lines: string[] = [];
  clear = (workflowId?: string): void => void this.lines.push(`clear ${workflowId}`);
  unknownKey = (keyId: string, workflowId?: string): void => void this.lines.push(`key ${keyId} ${workflowId}`);
  unusable = (workflowId?: string): void => void this.lines.push(`unusable ${workflowId}`);
}

const worker = (keys = ring, seen = new Seen()): WorkerCodec => new WorkerCodec(keys, seen);
const plain = (value: unknown = SECRET): Payload => defaultPayloadConverter.toPayload(value);

async function sealed(context: SerializationContext | undefined = here, keys = ring): Promise<Payload> {
  const [payload] = await worker(keys).encode([plain()], context);
  return payload ?? {};
}

async function valueFor(codec: WorkerCodec | ClientCodec, payload: Payload, context = here): Promise<unknown> {
  const [decoded] = await codec.decode([payload], context);
  return payloadConverter.fromPayload(decoded ?? {});
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const withMetadata = (payload: Payload, changes: Record<string, Uint8Array | undefined>): Payload => ({
  ...payload,
  metadata: Object.fromEntries(
    Object.entries({ ...payload.metadata, ...changes }).filter((entry): entry is [string, Uint8Array] => !!entry[1]),
  ),
});
const withData = (payload: Payload, change: (data: Buffer) => Uint8Array): Payload => ({
  ...payload,
  data: change(Buffer.from(payload.data ?? [])),
});
const flipped =
  (at: number) =>
  (data: Buffer): Buffer => {
    const index = at < 0 ? data.length + at : at;
    data[index] = (data[index] ?? 0) ^ 1;
    return data;
  };

test.each([
  ['a workflow', here],
  ['an activity', activity('verification-1')],
])('gives back to %s what was written for it', async (_, context) => {
  expect(await valueFor(worker(), await sealed(context), context)).toEqual(SECRET);
  expect(await valueFor(new ClientCodec(ring), await sealed(context), context)).toEqual(SECRET);
});

test('gives back a payload with nothing in it', async () => {
  const [sealedEmpty] = await worker().encode([{}], here);
  expect(await worker().decode([sealedEmpty ?? {}], here)).toMatchObject([{ metadata: {} }]);
});

test('shows nothing of the payload, and not even twice the same', async () => {
  const [one, other] = [await sealed(), await sealed()];
  const shown = Buffer.concat([...Object.values(one.metadata ?? {}), one.data ?? Buffer.of()]).toString('latin1');
  for (const hidden of [...Object.values(SECRET), 'json/plain']) expect(shown).not.toContain(hidden);
  expect(Buffer.from(one.data ?? [])).not.toEqual(Buffer.from(other.data ?? []));
});

test('names the key, the namespace and the workflow in clear', async () => {
  const { metadata = {} } = await sealed();
  const read = Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('utf8')]),
  );
  expect(read).toEqual({
    encoding: 'binary/encrypted',
    [METADATA.keyId]: 'new',
    [METADATA.namespace]: 'default',
    [METADATA.workflowId]: 'verification-1',
  });
});

describe('a payload that is not what it should be', () => {
  test.each<[string, (payload: Payload) => Payload]>([
    ['a flipped bit of the ciphertext', (payload) => withData(payload, flipped(20))],
    ['a flipped bit of the nonce', (payload) => withData(payload, flipped(3))],
    ['a flipped bit of the tag', (payload) => withData(payload, flipped(-1))],
    ['another format', (payload) => withData(payload, flipped(0))],
    ['its end cut off', (payload) => withData(payload, (data) => data.subarray(0, -1))],
    ['all but its tag cut off', (payload) => withData(payload, (data) => data.subarray(0, 29))],
    ['no data at all', (payload) => ({ metadata: payload.metadata })],
    ['something appended', (payload) => withData(payload, (data) => Buffer.concat([data, Buffer.of(0)]))],
    ['the id of another key of the ring', (payload) => withMetadata(payload, { [METADATA.keyId]: text('old') })],
    ['a key id that is none', (payload) => withMetadata(payload, { [METADATA.keyId]: text('a b') })],
    ['no key id', (payload) => withMetadata(payload, { [METADATA.keyId]: undefined })],
    ['another workflow written into it', (payload) => withMetadata(payload, { [METADATA.workflowId]: text('other') })],
    ['its workflow taken out of it', (payload) => withMetadata(payload, { [METADATA.workflowId]: undefined })],
    ['another namespace written into it', (payload) => withMetadata(payload, { [METADATA.namespace]: text('other') })],
    ['its namespace taken out of it', (payload) => withMetadata(payload, { [METADATA.namespace]: undefined })],
    [
      'its workflow in place of its namespace',
      (payload) =>
        withMetadata(payload, { [METADATA.namespace]: text('verification-1'), [METADATA.workflowId]: text('default') }),
    ],
  ])('with %s reads as unusable for a worker, and a client is told', async (_, change) => {
    const seen = new Seen();
    const payload = change(await sealed());
    expect(await valueFor(worker(ring, seen), payload)).toBe(UNDECODABLE);
    expect(seen.lines).toEqual(['unusable verification-1']);
    await expect(new ClientCodec(ring).decode([payload], here)).rejects.toMatchObject({ missingKeyId: null });
  });

  test.each([
    ['another verification', workflow('verification-2'), here],
    ['another namespace', workflow('verification-1', 'other'), here],
    ['another verification, as the result of an activity', activity('verification-2'), activity('verification-1')],
  ])('because it was copied from %s reads as unusable', async (_, from, to) => {
    const payload = await sealed(from);
    expect(await valueFor(worker(), payload, to)).toBe(UNDECODABLE);
    await expect(new ClientCodec(ring).decode([payload], to)).rejects.toBeInstanceOf(UnreadablePayloadError);
  });

  test('leaves the payloads beside it as they are', async () => {
    const good = await sealed();
    const decoded = await worker().decode([good, withData(good, flipped(20)), good], here);
    expect(decoded.map((payload) => payloadConverter.fromPayload(payload))).toEqual([SECRET, UNDECODABLE, SECRET]);
  });
});

describe('rotation', () => {
  test('what the old key wrote is read, and the new key writes', async () => {
    expect(await valueFor(worker(), await sealed(here, oldRing))).toEqual(SECRET);
    expect(Buffer.from((await sealed()).metadata?.[METADATA.keyId] ?? []).toString()).toBe('new');
  });

  test('for a key that is missing the worker throws, so that the task waits, and names the key', async () => {
    const seen = new Seen();
    const payload = await sealed();
    await expect(worker(oldRing, seen).decode([payload], here)).rejects.toMatchObject({
      type: 'UnknownEncryptionKey',
      nonRetryable: false,
      nextRetryDelay: 30_000,
      message: expect.stringMatching(/lacks the encryption key new: add it to KYC_ENCRYPTION_KEYS/) as string,
    });
    expect(seen.lines).toEqual(['key new verification-1']);
    await expect(new ClientCodec(oldRing).decode([payload], here)).rejects.toMatchObject({ missingKeyId: 'new' });
  });

  test('a worker that lost all its keys waits as well, and takes nothing for nonsense', async () => {
    await expect(worker(KeyRing.empty).decode([await sealed()], here)).rejects.toMatchObject({
      type: 'UnknownEncryptionKey',
    });
  });
});

describe('what the codec server wrote for the UI and the CLI', () => {
  const unbound = async (): Promise<Payload> => sealedUnbound('default');

  async function sealedUnbound(namespace: string): Promise<Payload> {
    const context = { type: 'activity', namespace, isLocal: false } as const;
    return sealed(context);
  }

  test('is marked, and taken from a caller', async () => {
    const payload = await unbound();
    expect(Buffer.from(payload.metadata?.[METADATA.unbound] ?? []).toString()).toBe('true');
    expect(await valueFor(worker(), payload, here)).toEqual(SECRET);
    expect(await valueFor(new ClientCodec(ring), payload, here)).toEqual(SECRET);
  });

  test('is taken as the result of a step, too, since operators may complete one by hand', async () => {
    expect(await valueFor(worker(), await unbound(), activity('verification-1'))).toEqual(SECRET);
  });

  test('is not taken in another namespace', async () => {
    expect(await valueFor(worker(), await sealedUnbound('other'), here)).toBe(UNDECODABLE);
  });
});

describe('payloads in clear', () => {
  test('are taken and told of when there are keys', async () => {
    const seen = new Seen();
    expect(await valueFor(worker(ring, seen), plain())).toEqual(SECRET);
    expect(seen.lines).toEqual(['clear verification-1']);
    expect(await valueFor(new ClientCodec(ring), plain())).toEqual(SECRET);
  });

  test('are what is written and read without keys, and nobody is told', async () => {
    const seen = new Seen();
    const codec = worker(KeyRing.empty, seen);
    expect(await codec.encode([plain()], here)).toEqual([plain()]);
    expect(await valueFor(codec, plain())).toEqual(SECRET);
    expect(seen.lines).toEqual([]);
  });
});
