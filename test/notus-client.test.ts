import { gzipSync } from 'node:zlib';
import { NotusClient } from '../src/notus/client';
import { NotusHttpError, NotusSchemaError } from '../src/notus/errors';
import { failureOf } from './support/failure';
import { CREATE_BODY, formAnswer, sessionAnswer } from './support/notus-answers';
import { answering, answeringJson } from './support/scripted-server';
import type { ScriptedHttpServer } from './support/scripted-server';

const API_KEY = 'ey-secret-key-of-the-test';
const SESSION = '99999999-0000-4000-8000-000000000001';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function clientOf(server: ScriptedHttpServer, maxAnswerBytes?: number): NotusClient {
  const client = new NotusClient({
    baseUrl: `${server.url}/api/v1`,
    apiKey: API_KEY,
    timeoutMs: 10_000,
    maxAnswerBytes,
  });
  closers.push(() => client.close(), server.close);
  return client;
}

describe('create', () => {
  test('sends the body and the key to the documented path', async () => {
    const server = await answeringJson({ session: sessionAnswer(), frontDocument: formAnswer() });
    await clientOf(server).createSession({ ...CREATE_BODY, fieldOfTomorrow: 'kept' });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/kyc/individual-verification-sessions/standard',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
    });
    expect(JSON.parse(String(server.seen[0]?.body))).toEqual({ ...CREATE_BODY, fieldOfTomorrow: 'kept' });
  });

  test.each([
    ['seed', 'frontDocument', 'backDocument'],
    ['live-2025-10', 'frontDocumentUpload', 'backDocumentUpload'],
  ])('A1: reads the answer of profile %s without being told which it is', async (_profile, front, back) => {
    const forms = { [back]: { ...formAnswer(), url: 'https://s3.amazonaws.com/back' }, [front]: formAnswer() };
    const server = await answeringJson({ session: sessionAnswer(), ...forms }, 200, { 'trace-id': 'a'.repeat(32) });
    const created = await clientOf(server).createSession(CREATE_BODY);
    expect(created).toMatchObject({ sessionId: SESSION, status: 'PENDING', traceId: 'a'.repeat(32) });
    expect(created.front.url).toBe(formAnswer().url);
    expect(created.back?.url).toBe('https://s3.amazonaws.com/back');
  });

  test.each([
    ['null', { backDocumentUpload: null }],
    ['absent', {}],
  ])('A1: takes a back block that is %s', async (_what, back) => {
    const server = await answeringJson({ session: sessionAnswer(), frontDocumentUpload: formAnswer(), ...back });
    await expect(clientOf(server).createSession(CREATE_BODY)).resolves.toMatchObject({ back: null });
  });

  test('A17: keeps the fields of a form in the order they came', async () => {
    const form = formAnswer();
    const fields = { zulu: '1', ...form.fields, alpha: '2' };
    const server = await answeringJson({ session: sessionAnswer(), frontDocument: { ...form, fields } });
    const { front } = await clientOf(server).createSession(CREATE_BODY);
    expect(Object.entries(front.fields)).toEqual(Object.entries(fields));
  });

  test.each([
    ['absent', {}],
    ['null', { frontDocument: null, frontDocumentUpload: null }],
  ])('A16: a front block that is %s is an error that names both keys', async (_what, front) => {
    const server = await answeringJson({ session: sessionAnswer(), ...front, backDocument: formAnswer() });
    const error = await failureOf(NotusSchemaError, clientOf(server).createSession(CREATE_BODY));
    expect(error.reason).toMatch(/frontDocument .*frontDocumentUpload/);
    expect(error).toMatchObject({ operation: 'create', status: 200 });
  });

  test('gives an expiry by the clock of this machine when the server is two hours ahead', async () => {
    const ahead = Date.now() + 2 * 3_600_000;
    const expiration = new Date(ahead + 600_000).toISOString();
    const server = await answeringJson({ session: sessionAnswer(), frontDocument: formAnswer(expiration) }, 200, {
      date: new Date(ahead).toUTCString(),
    });
    const before = Date.now();
    const { front } = await clientOf(server).createSession(CREATE_BODY);
    const left = Date.parse(front.expiresAt) - before;
    // `Date` has whole seconds, and the call itself took a moment.
    expect(left).toBeGreaterThanOrEqual(600_000);
    expect(left).toBeLessThan(620_000);
  });

  test.each(['Thu, 01 Jan 1970 00:00:00 GMT', 'yesterday'])(
    'an absurd Date header (%s) corrects nothing',
    async (date) => {
      const expiration = '2099-01-01T00:10:00.000Z';
      const answer = { session: sessionAnswer(), frontDocument: formAnswer(expiration) };
      const { front } = await clientOf(await answeringJson(answer, 200, { date })).createSession(CREATE_BODY);
      expect(front.expiresAt).toBe(expiration);
    },
  );

  test.each([
    ['HTML', '<!doctype html><title>Ana Exemplo</title>', /no JSON/],
    ['nothing', '', /empty/],
    ['half of the JSON', '{"session":{"id":"99999999-0000', /no JSON/],
    ['an empty object', '{}', /session/],
    ['an error body', '{"statusCode":400,"message":"Bad Request","id":"BAD_REQUEST"}', /session/],
    ['no session id', '{"session":{"id":"","status":"PENDING"}}', /session\.id/],
    ['a session id that leaves the path', '{"session":{"id":"../x","status":"PENDING"}}', /session\.id/],
    ['an endless session id', `{"session":{"id":"${'x'.repeat(201)}","status":"PENDING"}}`, /session\.id/],
    ['an endless status', `{"session":{"id":"s-1","status":"${'P'.repeat(201)}"}}`, /session\.status/],
    ['no status', '{"session":{"id":"s-1","status":""}}', /session\.status/],
    ['a form without a URL', '{"session":{"id":"s-1","status":"PENDING"},"frontDocument":{"fields":{}}}', /url/],
    ['JSON null', 'null', /expected object/],
  ])('A14: a 200 with %s is no success', async (_what, text, reason) => {
    const server = await answering((response) => response.end(text));
    const error = await failureOf(NotusSchemaError, clientOf(server).createSession(CREATE_BODY));
    expect(error.reason).toMatch(reason);
    expect(error.message).not.toMatch(/Ana|99999999/);
  });

  test('stops reading an answer that is longer than allowed', async () => {
    const server = await answering((response) => response.end(Buffer.alloc(5_000_000, ' ')));
    const error = await failureOf(NotusSchemaError, clientOf(server, 100_000).createSession(CREATE_BODY));
    expect(error.reason).toMatch(/longer than 100000 bytes/);
  });

  test('does not unpack a compressed answer, of whatever size it may be', async () => {
    const server = await answering((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(50_000_000)));
    });
    await failureOf(NotusSchemaError, clientOf(server).createSession(CREATE_BODY));
    expect(server.seen[0]?.headers['accept-encoding']).toBe('identity');
  });

  test('never posts twice, whatever the answer', async () => {
    const server = await answeringJson({ id: 'INTERNAL_SERVER_ERROR' }, 500);
    await failureOf(NotusHttpError, clientOf(server).createSession(CREATE_BODY));
    expect(server.seen).toHaveLength(1);
  });
});

describe('process', () => {
  test.each([
    [204, ''],
    [200, ''],
    [201, '{"any":"thing"}'],
    [202, '<html>'],
  ])('A9: %i with the body "%s" is success', async (status, body) => {
    const server = await answering((response) => {
      response.writeHead(status, { 'trace-id': 'trace-1' });
      response.end(body);
    });
    await expect(clientOf(server).process(SESSION)).resolves.toEqual({ traceId: 'trace-1' });
  });

  test('A9: a success whose body is cut off is still one', async () => {
    const server = await answering((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    await expect(clientOf(server).process(SESSION)).resolves.toEqual({ traceId: null });
  });

  test('sends the key and no body', async () => {
    const server = await answering((response) => response.writeHead(204).end());
    await clientOf(server).process(SESSION);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: `/api/v1/kyc/individual-verification-sessions/standard/${SESSION}/process`,
      headers: { 'x-api-key': API_KEY, 'content-length': '0' },
    });
    expect(server.seen[0]?.headers['content-type']).toBeUndefined();
  });
});

describe('get', () => {
  test.each([
    ['a string', { individualId: 'ind_1' }, 'ind_1'],
    ['null', { individualId: null }, null],
    ['empty', { individualId: '' }, ''],
    ['absent', {}, undefined],
  ])('tells an individualId that is %s', async (_what, of, individualId) => {
    const server = await answeringJson({ session: sessionAnswer({ status: 'COMPLETED', ...of }) });
    await expect(clientOf(server).getSession(SESSION)).resolves.toEqual({
      status: 'COMPLETED',
      individualId,
      traceId: null,
    });
  });

  test('gives a status that no page names, and leaves out all else', async () => {
    const server = await answeringJson({ session: sessionAnswer({ status: 'MANUAL_REVIEW', reason: 'private' }) });
    const answer = await clientOf(server).getSession(SESSION);
    expect(answer).toEqual({ status: 'MANUAL_REVIEW', individualId: undefined, traceId: null });
  });

  test.each([{ status: 'P'.repeat(201) }, { status: 'COMPLETED', individualId: 'i'.repeat(201) }])(
    'a session of words without end is no answer',
    async (of) => {
      const server = await answeringJson({ session: sessionAnswer(of) });
      const error = await failureOf(NotusSchemaError, clientOf(server).getSession(SESSION));
      expect(error.reason).toMatch(/^session\.(status|individualId): /);
    },
  );

  test.each(['', 'a/b', 'a\\b', '..', '.', 'a b', 'a\n', 'x'.repeat(201)])(
    'refuses the session id %j before it calls',
    async (id) => {
      const server = await answeringJson({});
      const client = clientOf(server);
      await expect(client.getSession(id)).rejects.toThrow(TypeError);
      await expect(client.process(id)).rejects.toThrow(TypeError);
      expect(server.connections()).toBe(0);
    },
  );

  test('keeps a session id with special characters inside its part of the path', async () => {
    const server = await answeringJson({ session: sessionAnswer() });
    await clientOf(server).getSession('a?b#c%2Fd');
    expect(server.seen[0]?.path).toBe('/api/v1/kyc/individual-verification-sessions/standard/a%3Fb%23c%252Fd');
  });

  test('uses one connection for one look after the other', async () => {
    const server = await answeringJson({ session: sessionAnswer() });
    const client = clientOf(server);
    for (let look = 0; look < 5; look += 1) await client.getSession(SESSION);
    expect(server.seen).toHaveLength(5);
    expect(server.connections()).toBe(1);
  });
});
