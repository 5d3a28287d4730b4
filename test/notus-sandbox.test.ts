import { NotusClient } from '../src/notus/client';
import type { CreatedSession, PresignedForm } from '../src/notus/client';
import { FormUploader } from '../src/notus/upload';
import { defaultUploadHosts } from '../src/notus/upload-hosts';
import { startSandbox } from '../src/sandbox/server';
import type { Sandbox } from '../src/sandbox/server';
import { CREATE_BODY } from './support/notus-answers';
import { uploadFile } from './support/upload-file';

const FULL_BODY = { ...CREATE_BODY, address: 'Rua Exemplo, 1', city: 'Campinas', state: 'SP', postalCode: '13000000' };
const BYTES = Buffer.alloc(200_000, 7);
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Ground {
  sandbox: Sandbox;
  client: NotusClient;
  send: (form: Pick<PresignedForm, 'url' | 'fields'>, bytes?: Buffer) => Promise<void>;
}

async function ground(profile: 'seed' | 'live-2025-10' = 'seed'): Promise<Ground> {
  const sandbox = await startSandbox({ profile });
  const client = new NotusClient({ baseUrl: sandbox.apiUrl, apiKey: sandbox.apiKey, timeoutMs: 10_000 });
  const uploader = new FormUploader({ timeoutMs: 10_000, allowedHosts: defaultUploadHosts(sandbox.apiUrl) });
  closers.push(
    () => client.close(),
    () => sandbox.close(),
  );
  return {
    sandbox,
    client,
    send: (form, bytes = BYTES) => uploader.upload(form, uploadFile(bytes)),
  };
}

async function uploaded({ client, send }: Ground): Promise<CreatedSession> {
  const created = await client.createSession(FULL_BODY);
  await send(created.front);
  if (created.back !== null) await send(created.back);
  return created;
}

describe.each(['seed', 'live-2025-10'] as const)('on profile %s', (profile) => {
  test('A1: a session is created, uploaded to, processed and read to its end, the profile unknown', async () => {
    const { client, ...rest } = await ground(profile);
    const { sessionId, status } = await uploaded({ client, ...rest });
    expect(status).toBe('PENDING');
    await client.process(sessionId);
    const seen: string[] = [];
    for (let look = 0; look < 10 && !seen.includes('COMPLETED'); look += 1) {
      seen.push((await client.getSession(sessionId)).status);
    }
    expect(seen.at(-1)).toBe('COMPLETED');
  });

  test('A29: a session that nobody knows is told apart from a wrong route', async () => {
    const { client, sandbox } = await ground(profile);
    const lost = new NotusClient({ baseUrl: `${sandbox.apiUrl}/wrong`, apiKey: sandbox.apiKey, timeoutMs: 10_000 });
    closers.push(() => lost.close());
    const id = '00000000-0000-4000-8000-000000000000';
    await expect(client.getSession(id)).rejects.toMatchObject({ status: 404, id: 'STANDARD_SESSION_NOT_FOUND' });
    await expect(lost.getSession(id)).rejects.toMatchObject({ status: 404, id: 'HTTP_EXCEPTION' });
  });
});

test('A7: the fields that the live API has come to require are named one by one', async () => {
  const { client } = await ground('live-2025-10');
  const call = client.createSession({ ...FULL_BODY, email: undefined, city: undefined });
  await expect(call).rejects.toMatchObject({
    status: 400,
    id: 'BAD_REQUEST',
    issues: expect.arrayContaining([
      { path: 'email', message: 'Required' },
      { path: 'city', message: 'Required' },
    ]) as unknown,
  });
});

test('A13: S3 refuses a form 11 minutes old as expired', async () => {
  const { client, sandbox, send } = await ground();
  const { front } = await client.createSession(FULL_BODY);
  sandbox.advance(11 * 60_000);
  await expect(send(front)).rejects.toMatchObject({ status: 403, code: 'AccessDenied', expired: true });
});

test('A17: S3 refuses a field that its policy does not name', async () => {
  const { client, send } = await ground();
  const { front } = await client.createSession(FULL_BODY);
  const form = { url: front.url, fields: { ...front.fields, 'Content-Type': 'image/jpeg' } };
  await expect(send(form)).rejects.toMatchObject({ status: 403, code: 'AccessDenied', expired: false });
});

test('A18: S3 takes exactly the size that the form tells, and refuses a byte more', async () => {
  const { client, send } = await ground();
  const { front } = await client.createSession(FULL_BODY);
  expect(front.maxBytes).toBe(26_214_400);
  await send(front, Buffer.alloc(front.maxBytes));
  await expect(send(front, Buffer.alloc(front.maxBytes + 1))).rejects.toMatchObject({
    code: 'EntityTooLarge',
    tooLarge: true,
    expired: false,
  });
});

test('A24: a wrong key is a 403 that names neither key nor person', async () => {
  const { client, sandbox } = await ground();
  sandbox.setApiKey('another-key');
  const error: unknown = await client.createSession(FULL_BODY).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ operation: 'create', status: 403, traceId: expect.any(String) as string });
  expect(String(error)).not.toMatch(/sandbox-key|another-key|Ana|12345678909/);
});

test.each([
  ['create-lost-reply', 'NotusNetworkError', { sent: 'perhaps', code: 'ECONNRESET' }],
  ['create-reset', 'NotusNetworkError', { sent: 'perhaps' }],
  ['create-html', 'NotusSchemaError', { status: 200 }],
  ['create-truncated', 'NotusSchemaError', { status: 200 }],
  [
    'create-no-forms',
    'NotusSchemaError',
    { status: 200, reason: expect.stringContaining('frontDocumentUpload') as string },
  ],
  ['create-huge', 'NotusSchemaError', { status: 200 }],
  ['create-503-retry-after', 'NotusHttpError', { status: 503, retryAfterMs: 2000 }],
  ['create-redirect-307', 'NotusHttpError', { status: 307 }],
])('A20: under %s a create is one call and one %s', async (scenario, name, facts) => {
  const { client, sandbox } = await ground();
  sandbox.use(scenario);
  await expect(client.createSession(FULL_BODY)).rejects.toMatchObject({ name, ...facts });
  expect(sandbox.calls({ operation: 'create' })).toHaveLength(1);
});
