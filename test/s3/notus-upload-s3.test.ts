import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPost } from '@aws-sdk/s3-presigned-post';
import { DocumentChangedError, UploadRefusedError } from '../../src/notus/errors';
import { FormUploader } from '../../src/notus/upload';
import { failure } from '../support/failure';
import { jpegImage } from '../support/images';
import { useS3 } from '../support/s3-server';
import { uploadFile } from '../support/upload-file';

const MAX_BYTES = 26_214_400;
const KEY = 'documents/0199a221-d462-7000-8000-000000000001';

const s3 = useS3();

let bucket: string;
let uploader: FormUploader;

beforeEach(async () => {
  bucket = await s3.bucket();
  uploader = new FormUploader({ timeoutMs: 10_000, allowedHosts: [new URL(s3.endpoint).host] });
});

/** A form as Notus has them made (its live policies): the AWS SDK's, for one key, up to 25 MiB, for 10 minutes. */
const formOf = (options: { client?: S3Client; expires?: number; maxBytes?: number } = {}): Promise<PresignedPost> =>
  createPresignedPost(options.client ?? s3.client, {
    Bucket: bucket,
    Key: KEY,
    Expires: options.expires ?? 600,
    Conditions: [
      ['content-length-range', 0, options.maxBytes ?? MAX_BYTES],
      ['starts-with', '$key', KEY],
    ],
  });

const post = (form: PresignedPost, bytes: Buffer): Promise<void> => {
  const stream = Readable.from(
    (function* () {
      for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
    })(),
  );
  return uploader.upload(form, uploadFile(bytes, stream));
};

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test.each([1, 70_000, MAX_BYTES])('S3 stores a document of %i bytes as it is', async (size) => {
  const bytes = randomBytes(size);
  await post(await formOf(), bytes);
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: bucket, Key: KEY }));
  expect(sha256Of(await buffer(Body as Readable))).toBe(sha256Of(bytes));
  expect(await s3.keysIn(bucket)).toEqual([KEY]);
});

test('S3 stores the same document posted twice', async () => {
  const form = await formOf();
  await post(form, jpegImage());
  await post(form, jpegImage());
  expect(await s3.keysIn(bucket)).toEqual([KEY]);
});

const withFields = (form: PresignedPost, fields: Record<string, string>): PresignedPost => ({
  ...form,
  fields: { ...form.fields, ...fields },
});

const policyWith = (
  form: PresignedPost,
  change: (policy: { expiration: string; conditions: unknown[] }) => unknown,
) => {
  const policy = JSON.parse(Buffer.from(form.fields['Policy'] ?? '', 'base64').toString()) as {
    expiration: string;
    conditions: unknown[];
  };
  return withFields(form, { Policy: Buffer.from(JSON.stringify(change(policy))).toString('base64') });
};

test.each<[string, () => Promise<PresignedPost>, object]>([
  ['is out of date', () => formOf({ expires: -60 }), { status: 403, code: 'AccessDenied', expired: true }],
  [
    'was given a longer life',
    async () =>
      policyWith(await formOf({ expires: -60 }), (policy) => ({ ...policy, expiration: '2099-01-01T00:00:00Z' })),
    { status: 403, code: 'SignatureDoesNotMatch', expired: false },
  ],
  [
    'was given a larger limit',
    async () => policyWith(await formOf({ maxBytes: 10 }), ({ expiration }) => ({ expiration, conditions: [] })),
    { status: 403, code: 'SignatureDoesNotMatch', expired: false },
  ],
  [
    'has another signature',
    async () => withFields(await formOf(), { 'X-Amz-Signature': '0'.repeat(64) }),
    { status: 403, code: 'SignatureDoesNotMatch' },
  ],
  [
    'has another key',
    async () => withFields(await formOf(), { key: 'documents/of-another' }),
    { status: 403, code: 'AccessDenied' },
  ],
  [
    'has one more field',
    async () => withFields(await formOf(), { 'x-amz-meta-extra': '1' }),
    { status: 403, code: 'AccessDenied' },
  ],
  [
    'was signed with another secret',
    () => {
      const { AWS_ACCESS_KEY_ID: accessKeyId = '' } = process.env;
      const credentials = { accessKeyId, secretAccessKey: 'another' };
      return formOf({ client: new S3Client({ forcePathStyle: true, credentials }) });
    },
    { status: 403, code: 'SignatureDoesNotMatch' },
  ],
  [
    'takes less than the document has',
    () => formOf({ maxBytes: 100 }),
    { status: 400, code: 'EntityTooLarge', tooLarge: true },
  ],
])('S3 refuses a form that %s, and stores nothing', async (_, made, expected) => {
  const error = await failure(post(await made(), jpegImage({ bytes: 100_000 })));
  expect(error).toBeInstanceOf(UploadRefusedError);
  expect(error).toMatchObject(expected);
  expect(await s3.keysIn(bucket)).toEqual([]);
});

test('S3 stores nothing of a document that ends early', async () => {
  const stream = Readable.from([Buffer.alloc(1_000)]);
  const file = uploadFile(Buffer.alloc(2_000), stream);
  await expect(uploader.upload(await formOf(), file)).rejects.toThrow(DocumentChangedError);
  expect(await s3.keysIn(bucket)).toEqual([]);
});
