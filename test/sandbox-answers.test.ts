import { weakETag } from '../src/sandbox/answers';
import { presign } from '../src/sandbox/s3-policy';
import type { Sandbox } from '../src/sandbox/server';
import { startSandbox } from '../src/sandbox/server';
import type { Created } from './support/sandbox-caller';
import { callerOf, createBody } from './support/sandbox-caller';

const AT = Date.parse('2025-10-01T23:35:50Z');
const UNKNOWN_SESSION = '99999999-0000-4000-8000-000000000001';
const LIVE_FIELDS = { email: 'ana@example.com', address: 'Rua', city: 'Campinas', state: 'SP', postalCode: '13000000' };

let sandbox: Sandbox;

afterEach(() => sandbox?.close());

test('signs a form as the AWS SDK does', () => {
  const sign = (n: number) =>
    presign(`documents/0199a221-d462-7000-8000-00000000000${n}`, 'https://s3.example/b', AT, 600_000);

  expect(Object.keys(sign(1).fields)).toEqual([
    'bucket',
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'key',
    'Policy',
    'X-Amz-Signature',
  ]);
  expect(sign(1).fields['X-Amz-Signature']).toBe('590ddfc63e326a87dad1f88073e356f91536598e13ea9d924f6f2d3b5e276faf');
  expect(sign(2).fields['X-Amz-Signature']).toBe('870adc53ebc2070cc485dccc8fc053e4cab3409ab717712c900439cdc9d98618');
});

test('gives the captured body of a create its captured ETag', () => {
  const url = 'https://s3.us-east-1.amazonaws.com/notus-api-kyc-0000000';
  const form = (n: number) => presign(`documents/0199a221-d462-7000-8000-00000000000${n}`, url, AT, 600_000);
  const body = JSON.stringify({
    session: {
      id: UNKNOWN_SESSION,
      individualId: null,
      firstName: 'Ana',
      lastName: 'Exemplo',
      birthDate: '1990-01-15',
      document: { id: '123456789', type: null, category: 'IDENTITY_CARD' },
      status: 'PENDING',
      livenessRequired: true,
      createdAt: '2025-10-01T23:35:50.122Z',
      updatedAt: null,
    },
    backDocumentUpload: form(2),
    frontDocumentUpload: form(1),
  });

  expect(Buffer.byteLength(body)).toBe(2250);
  expect(weakETag(body)).toBe('W/"8ca-V/EPCCoTXXNGnpEQ41C8xAzOcUM"');
});

test('answers create in the key order of the reference page under the seed profile', async () => {
  sandbox = await startSandbox();
  const response = await callerOf(sandbox).create(createBody());
  const text = await response.text();
  const body = JSON.parse(text) as Created;

  expect(response.status).toBe(200);
  expect(Object.keys(body)).toEqual(['session', 'backDocument', 'frontDocument']);
  expect(Object.keys(body.session)).toEqual([
    ...['id', 'status', 'livenessRequired', 'firstName', 'lastName', 'birthDate', 'document', 'createdAt', 'updatedAt'],
  ]);
  expect(response.headers.get('etag')).toBe(weakETag(text));
  expect(response.headers.get('trace-id')).toMatch(/^[0-9a-f]{32}$/);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN');
});

test('answers create in the captured key order, nulls kept, under the live profile', async () => {
  sandbox = await startSandbox({ profile: 'live-2025-10', now: () => AT + 122 });
  const response = await callerOf(sandbox).create(createBody('8909', LIVE_FIELDS));
  const text = await response.text();
  const { session } = JSON.parse(text) as Created;

  expect(text).toMatch(
    new RegExp(
      `^{"session":{"id":"${session.id}","individualId":null,"firstName":"Ana","lastName":"Exemplo",` +
        '"birthDate":"15/01/1990","document":{"id":"12345678909","type":null,"category":"IDENTITY_CARD"},' +
        '"status":"PENDING","livenessRequired":false,"createdAt":"2025-10-01T23:35:50.122Z","updatedAt":null},' +
        '"backDocumentUpload":{"url":.*},"frontDocumentUpload":{"url":.*}}$',
    ),
  );
  expect(response.headers.get('date')).toBe('Wed, 01 Oct 2025 23:35:50 GMT');
});

test('gives a passport no back form under the live profile, and both forms under seed', async () => {
  const passport = { documentCategory: 'PASSPORT', ...LIVE_FIELDS };
  sandbox = await startSandbox({ profile: 'live-2025-10' });
  const live = await callerOf(sandbox).open('8909', passport);
  await sandbox.close();
  sandbox = await startSandbox();
  const seed = await callerOf(sandbox).open('8909', passport);

  expect(live.backDocumentUpload).toBeNull();
  expect(live.frontDocumentUpload.url).toContain('/notus-api-kyc-');
  expect(seed.backDocument.url).toContain('/notus-api-kyc-');
});

test('lists what is wrong with a create as zod v3 does, in schema order', async () => {
  sandbox = await startSandbox();
  const body = {
    ...createBody('8909'),
    firstName: undefined,
    documentCategory: 'VISA',
    documentId: 'AB1',
    livenessRequired: 'no',
  };
  const response = await callerOf(sandbox).create(body);

  expect(response.status).toBe(400);
  expect(await response.text()).toBe(
    '{"message":"Bad Request","id":"BAD_REQUEST","errors":[' +
      '{"code":"invalid_type","expected":"string","received":"undefined","path":["firstName"],"message":"Required"},' +
      '{"received":"VISA","code":"invalid_enum_value","options":["PASSPORT","DRIVERS_LICENSE","IDENTITY_CARD"],' +
      '"path":["documentCategory"],"message":"Invalid enum value. Expected \'PASSPORT\' | \'DRIVERS_LICENSE\' | ' +
      "'IDENTITY_CARD', received 'VISA'\"}," +
      '{"validation":"regex","code":"invalid_string","message":"Invalid","path":["documentId"]},' +
      '{"code":"invalid_type","expected":"boolean","received":"string","path":["livenessRequired"],' +
      '"message":"Expected boolean, received string"}]}',
  );
});

test.each([
  ['seed', {}, 200],
  ['seed', { nationality: 'SANMARINESE' }, 200],
  ['seed', { nationality: 'ENGLISH' }, 400],
  ['seed', { documentCountry: 'ARGENTINA' }, 400],
  ['seed', { documentId: '123\n' }, 400],
  ['live-2025-10', {}, 400],
  ['live-2025-10', LIVE_FIELDS, 200],
  ['live-2025-10', { ...LIVE_FIELDS, documentCountry: 'UNITED_STATES' }, 200],
  ['live-2025-10', { ...LIVE_FIELDS, documentCountry: 'BR' }, 400],
] as const)('profile %s answers create with %j by %i', async (profile, more, status) => {
  sandbox = await startSandbox({ profile });

  expect((await callerOf(sandbox).create(createBody('8909', more))).status).toBe(status);
});

test('names each field that the live profile has come to require', async () => {
  sandbox = await startSandbox({ profile: 'live-2025-10' });
  const response = await callerOf(sandbox).create(createBody());
  const { errors } = (await response.json()) as { errors: { path: string[]; message: string }[] };

  expect(errors.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual(
    ['email', 'address', 'city', 'state', 'postalCode'].map((name) => `${name}: Required`),
  );
});

test('refuses a wrong or missing key with 403, but processes without one', async () => {
  sandbox = await startSandbox();
  const { create, get, process } = callerOf(sandbox);
  const wrong = await create(createBody(), { headers: { 'x-api-key': 'other', 'content-type': 'application/json' } });
  const missing = await get(UNKNOWN_SESSION, { headers: {} });

  expect([wrong.status, missing.status]).toEqual([403, 403]);
  expect(await wrong.text()).toBe('{"message":"Invalid Api key.","id":"HTTP_EXCEPTION"}');
  expect((await process(UNKNOWN_SESSION)).status).toBe(404);
  expect(sandbox.calls().map(({ headers }) => headers['x-api-key'])).toEqual(['<wrong>', undefined, undefined]);
});

test('tells an unknown session from an unknown route', async () => {
  sandbox = await startSandbox();
  const { get } = callerOf(sandbox);
  const session = await get(UNKNOWN_SESSION);
  const body = (await session.json()) as { id: string; traceId: string };
  const route = await fetch(`${sandbox.apiUrl}/kyc/status/0x1?a=b`);

  expect(session.status).toBe(404);
  expect(body.id).toBe('STANDARD_SESSION_NOT_FOUND');
  expect(body.traceId).not.toBe(session.headers.get('trace-id'));
  expect(route.status).toBe(404);
  expect(await route.text()).toBe('{"message":"Cannot GET /api/v1/kyc/status/0x1?a=b","id":"HTTP_EXCEPTION"}');
});

test('reads an old session that was never processed as EXPIRED and writes nothing', async () => {
  sandbox = await startSandbox({ profile: 'live-2025-10' });
  const { open, look, process } = callerOf(sandbox);
  const { session } = await open('8909', LIVE_FIELDS);
  sandbox.advance(15 * 60_000 - 30_000);
  const before = await look(session.id);
  sandbox.advance(30_000);
  const after = await look(session.id);

  expect(before.status).toBe('PENDING');
  expect(after).toMatchObject({ status: 'EXPIRED', updatedAt: null });
  expect((await process(session.id)).status).toBe(400);
});

test('links to the uploaded documents of a session', async () => {
  sandbox = await startSandbox();
  const caller = callerOf(sandbox);
  const created = await caller.open();
  await caller.submit(created);
  const response = await fetch(`${sandbox.apiUrl}/admin/kyc/verification-sessions/document-urls`, {
    method: 'POST',
    headers: { 'x-api-key': sandbox.apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId: created.session.id, sessionType: 'STANDARD_INDIVIDUAL' }),
  });

  expect(await response.json()).toEqual({
    frontDocumentUrl: `${created.frontDocument.url}/${created.frontDocument.fields.key}`,
    backDocumentUrl: `${created.backDocument.url}/${created.backDocument.fields.key}`,
    faceImageUrl: null,
  });
});

test('serves no more calls a second than it was started with, and says when to come again', async () => {
  let now = AT;
  sandbox = await startSandbox({ maxRequestsPerSecond: 2, now: () => now });
  const { get, process, create } = callerOf(sandbox);
  const first = [await get(UNKNOWN_SESSION), await process(UNKNOWN_SESSION), await get(UNKNOWN_SESSION)];
  now += 500;
  const second = [await get(UNKNOWN_SESSION), await process(UNKNOWN_SESSION), await create(createBody())];

  expect(first.map(({ status }) => status)).toEqual([404, 404, 429]);
  expect(first.at(-1)?.headers.get('retry-after')).toBe('1');
  expect(second.map(({ status }) => status)).toEqual([404, 429, 429]);
  const refused = sandbox.calls({ status: 429 }).map(({ operation }) => operation);
  expect(refused).toEqual(['get', 'process', 'create']);
});
