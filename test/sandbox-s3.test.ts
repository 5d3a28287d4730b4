import { createHash } from 'node:crypto';
import { presign } from '../src/sandbox/s3-policy';
import type { Sandbox } from '../src/sandbox/server';
import { startSandbox } from '../src/sandbox/server';
import type { Created, Form } from './support/sandbox-caller';
import { callerOf, s3Error, upload } from './support/sandbox-caller';

const MAX_BYTES = 26_214_400;

let sandbox: Sandbox;
let created: Created;

beforeEach(async () => {
  sandbox = await startSandbox();
  created = await callerOf(sandbox).open();
});

afterEach(() => sandbox.close());

const withField = (form: Form, name: string, value: string): Form => ({
  ...form,
  fields: { ...form.fields, [name]: value },
});

test('stores a file under its hash, answers 204, and takes the same form again', async () => {
  const response = await upload(created.frontDocument, undefined, 'first');
  await upload(created.frontDocument, undefined, 'second');

  expect(response.status).toBe(204);
  expect(response.headers.get('server')).toBe('AmazonS3');
  expect(response.headers.get('etag')).toBe(`"${createHash('md5').update('first').digest('hex')}"`);
  expect(response.headers.get('location')).toContain('documents%2F');
  expect(sandbox.sessions()[0]?.uploads).toEqual({
    front: createHash('sha256').update('second').digest('hex'),
    back: null,
  });
  expect(sandbox.calls({ operation: 'upload' })).toMatchObject([
    { side: 'front', documentId: '12345678909', effect: 'stored', status: 204 },
    { side: 'front', documentId: '12345678909', effect: 'stored', status: 204 },
  ]);
});

test('refuses an expired form by the clock of the sandbox', async () => {
  sandbox.advance(10 * 60_000);

  expect(await s3Error(await upload(created.frontDocument))).toMatchObject({
    status: 403,
    code: 'AccessDenied',
    message: 'Invalid according to Policy: Policy expired.',
  });
  expect(sandbox.sessions()[0]?.uploads.front).toBeNull();
});

test('refuses a field that the policy does not know', async () => {
  const response = await upload(created.frontDocument, (parts) => parts.append('Content-Type', 'image/jpeg'));

  expect(await s3Error(response)).toMatchObject({
    status: 403,
    code: 'AccessDenied',
    message: 'Invalid according to Policy: Extra input fields: content-type',
  });
});

test('lets x-ignore fields pass, and reads nothing after the file', async () => {
  const before = await upload(created.frontDocument, (parts) => parts.append('x-ignore-note', 'a'));
  const parts = new FormData();
  for (const [name, value] of Object.entries(created.backDocument.fields)) parts.append(name, value);
  parts.append('file', new Blob(['x']), 'x.jpg');
  parts.append('acl', 'public-read');
  const after = await fetch(created.backDocument.url, { method: 'POST', body: parts });

  expect([before.status, after.status]).toEqual([204, 204]);
});

test('refuses a key that is not the one that was signed', async () => {
  const error = await s3Error(await upload(withField(created.frontDocument, 'key', 'documents/other')));

  expect(error).toMatchObject({ status: 403, code: 'AccessDenied' });
  expect(error.message).toBe(
    `Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "${created.frontDocument.fields.key}"]`,
  );
});

test.each(['bucket', 'X-Amz-Algorithm'])('refuses a changed %s', async (name) => {
  const error = await s3Error(await upload(withField(created.frontDocument, name, 'other')));

  expect(error).toMatchObject({ status: 403, code: 'AccessDenied' });
  expect(error.message).toContain(`Policy Condition failed: ["eq", "$${name.toLowerCase()}"`);
});

test.each([
  ['X-Amz-Signature', '0'.repeat(64)],
  ['X-Amz-Date', '20200101T000000Z'],
  ['Policy', Buffer.from('{"expiration":"2099-01-01T00:00:00Z","conditions":[]}').toString('base64')],
])('refuses a forged %s as a bad signature', async (name, value) => {
  expect(await s3Error(await upload(withField(created.frontDocument, name, value)))).toMatchObject({
    status: 403,
    code: 'SignatureDoesNotMatch',
  });
});

test('refuses a key pair that it does not know, and a form without its fields', async () => {
  const stranger = withField(created.frontDocument, 'X-Amz-Credential', 'AKIAOTHER/20250101/us-east-1/s3/aws4_request');
  const bare = { ...created.frontDocument, fields: { key: 'documents/x' } };

  expect(await s3Error(await upload(stranger))).toMatchObject({ status: 403, code: 'InvalidAccessKeyId' });
  expect(await s3Error(await upload(bare))).toMatchObject({ status: 400, code: 'InvalidArgument' });
});

test('takes a file of exactly 25 MiB and refuses one byte more', async () => {
  const largest = await upload(created.frontDocument, undefined, 'x'.repeat(MAX_BYTES));
  const larger = await s3Error(await upload(created.backDocument, undefined, 'x'.repeat(MAX_BYTES + 1)));

  expect(largest.status).toBe(204);
  expect(larger).toMatchObject({
    status: 400,
    code: 'EntityTooLarge',
    message: 'Your proposed upload exceeds the maximum allowed size',
  });
  expect(larger.xml).toContain(
    `<ProposedSize>${MAX_BYTES + 1}</ProposedSize><MaxSizeAllowed>${MAX_BYTES}</MaxSizeAllowed>`,
  );
  expect(sandbox.sessions()[0]?.uploads.back).toBeNull();
});

test('refuses a form with two files or with none', async () => {
  const two = await upload(created.frontDocument, (parts) => parts.append('file', new Blob(['a']), 'a.jpg'));
  const parts = new FormData();
  for (const [name, value] of Object.entries(created.frontDocument.fields)) parts.append(name, value);
  const none = await fetch(created.frontDocument.url, { method: 'POST', body: parts });

  expect(await s3Error(two)).toMatchObject({ status: 400, code: 'IncorrectNumberOfFilesInPostRequest' });
  expect(await s3Error(none)).toMatchObject({ status: 400, code: 'IncorrectNumberOfFilesInPostRequest' });
});

test('refuses what is no multipart form, what is broken, and what does not tell its length', async () => {
  const { url } = created.frontDocument;
  const plain = await fetch(url, { method: 'POST', body: 'file' });
  const broken = await fetch(url, {
    method: 'POST',
    body: '--b\r\nnonsense',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  const chunked = await fetch(url, { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' });

  expect(await s3Error(plain)).toMatchObject({ status: 412, code: 'PreconditionFailed' });
  expect(await s3Error(broken)).toMatchObject({ status: 400, code: 'MalformedPOSTRequest' });
  expect(await s3Error(chunked)).toMatchObject({ status: 501, code: 'NotImplemented' });
});

test('answers refusals as S3 writes them', async () => {
  const response = await upload(withField(created.frontDocument, 'X-Amz-Signature', 'a<b'));
  const type = response.headers.get('content-type');
  const { xml } = await s3Error(response);

  expect(type).toBe('application/xml');
  expect(xml).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>.*<\/Message><RequestId>.*<\/RequestId><HostId>.*<\/HostId><\/Error>$/,
  );
});

test('stores a well-signed form of nobody without touching a session', async () => {
  const form = presign('documents/elsewhere', created.frontDocument.url, Date.now(), 60_000);

  expect((await upload(form)).status).toBe(204);
  expect(sandbox.calls({ operation: 'upload' })).toMatchObject([{ sessionId: null, effect: 'stored' }]);
});
