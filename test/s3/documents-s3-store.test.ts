import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createDocumentStore } from '../../src/documents/create-store';
import { DocumentAccess } from '../../src/documents/sources';
import { ownerOf } from '../../src/documents/stored-name';
import { sweep } from '../../src/documents/sweep';
import { testDocumentStore } from '../support/document-store-behaviours';
import { useS3 } from '../support/s3-server';

const UNAVAILABLE = { name: 'DocumentStoreUnavailableError' };
const LIMIT = 1000;

const s3 = useS3();

const placeIn = (bucket: string, prefix: string) => async (name: string, content: string) => {
  await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + name, Body: content }));
  return `s3://${bucket}/${prefix}${name}`;
};

describe('below a prefix', () => {
  testDocumentStore(async () => {
    const bucket = await s3.bucket();
    const store = createDocumentStore(`s3://${bucket}/kyc/documents`);
    return { store, names: () => s3.keysIn(bucket), place: placeIn(bucket, 'kyc/documents/') };
  });
});

describe('in a whole bucket that keeps versions', () => {
  testDocumentStore(async () => {
    const bucket = await s3.bucket({ versions: true });
    return { store: createDocumentStore(`s3://${bucket}`), names: () => s3.keysIn(bucket), place: placeIn(bucket, '') };
  });
});

test('a bucket that is gone is an outage, not a missing document', async () => {
  const store = createDocumentStore('s3://no-such-bucket/kyc');
  const uri = 's3://no-such-bucket/kyc/a.jpg';
  await expect(store.check()).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.open(uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.open(uri)).rejects.toThrow('NoSuchBucket');
  await expect(store.delete(uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.put('v', Buffer.from('x'), LIMIT)).rejects.toMatchObject(UNAVAILABLE);
});

test('a server that is down is an outage, and its return mends it', async () => {
  const store = createDocumentStore(`s3://${await s3.bucket()}/kyc`);
  const { uri } = await store.put('v', Buffer.from('x'), LIMIT);
  await s3.stop();
  await expect(store.open(uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.delete(uri)).rejects.toMatchObject(UNAVAILABLE);
  await expect(store.put('v', Buffer.from('x'), LIMIT)).rejects.toMatchObject(UNAVAILABLE);
  await s3.start();
  expect((await buffer((await store.open(uri)).stream)).toString()).toBe('x');
});

test('wrong credentials are an outage that shows neither key nor URI', async () => {
  const bucket = await s3.bucket();
  const { AWS_SECRET_ACCESS_KEY } = process.env;
  process.env.AWS_SECRET_ACCESS_KEY = 'wrong-secret';
  const store = createDocumentStore(`s3://${bucket}/kyc`);
  const failed = store
    .open(`s3://${bucket}/kyc/ana.jpg`)
    .finally(() => Object.assign(process.env, { AWS_SECRET_ACCESS_KEY }));
  await expect(failed).rejects.toMatchObject(UNAVAILABLE);
  await expect(failed).rejects.toThrow(
    /^Documents on S3 cannot be reached now \(SignatureDoesNotMatch\): check the bucket/,
  );
});

test('refuses to send documents in clear to another machine', async () => {
  const { AWS_ENDPOINT_URL_S3 } = process.env;
  process.env.AWS_ENDPOINT_URL_S3 = 'http://storage.example:9000';
  const store = createDocumentStore('s3://bucket/kyc');
  const failed = store
    .put('v', Buffer.from('x'), LIMIT)
    .finally(() => Object.assign(process.env, { AWS_ENDPOINT_URL_S3 }));
  await expect(failed).rejects.toMatchObject(UNAVAILABLE);
  await expect(failed).rejects.toThrow('AWS_ENDPOINT_URL_S3');
});

test('reads a source on S3 and never deletes from it, save where the store lies in it', async () => {
  const bucket = await s3.bucket();
  const store = createDocumentStore(`s3://${bucket}/kyc`);
  const access = new DocumentAccess(store, [`s3://${bucket}`]);
  const uri = await placeIn(bucket, '')('incoming/a.jpg', 'incoming');
  const opened = await access.open(uri);
  expect([opened.size, (await buffer(opened.stream)).toString()]).toEqual([8, 'incoming']);
  expect(await access.delete(uri)).toBe(false);
  const stored = await store.put('v', Buffer.from('x'), LIMIT);
  expect(await access.delete(stored.uri)).toBe(true);
  expect(await s3.keysIn(bucket)).toEqual(['incoming/a.jpg']);
  await expect(access.open('s3://another-bucket/a.jpg')).rejects.toMatchObject({ code: 'InvalidDocuments' });
});

test('sweeps documents without a verification, probes and uploads that were never ended', async () => {
  const bucket = await s3.bucket();
  const store = createDocumentStore(`s3://${bucket}/kyc`);
  const kept = await store.put('running', Buffer.from('x'), LIMIT);
  await store.put('closed', Buffer.from('x'), LIMIT);
  const half = `kyc/${ownerOf('running')}/00000000-0000-4000-8000-000000000000`;
  await s3.client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: half }));
  await placeIn(bucket, 'kyc/')('.check-00000000-0000-4000-8000-000000000000', 'check');
  const plain = await placeIn(bucket, 'kyc/')('plain.jpg', 'plain');
  const running = (): AsyncIterable<string> => Readable.from(['running']);
  const sweepBefore = (before: number): ReturnType<typeof sweep> => sweep({ store, neededIds: running, before });
  expect(await sweepBefore(Date.now() - 60_000)).toEqual({ removed: 0, kept: 0, held: 2 });
  expect(await sweepBefore(Date.now() + 60_000)).toEqual({ removed: 3, kept: 1, held: 1 });
  expect((await s3.keysIn(bucket)).map((key) => `s3://${bucket}/${key}`).sort()).toEqual([kept.uri, plain].sort());
});
