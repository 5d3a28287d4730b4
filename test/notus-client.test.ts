import { gzipSync } from 'node:zlib';
import { inspect } from 'node:util';
import { NotusClient } from '../src/notus/client';
import { NotusHttpError, NotusNetworkError, NotusSchemaError } from '../src/notus/errors';
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

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error,
  );

async function failureOf<T extends Error>(kind: new (...of: never[]) => T, call: Promise<unknown>): Promise<T> {
  const error = await failure(call);
  expect(error).toBeInstanceOf(kind);
  return error as T;
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

  test.each(['', 'a/b', 'a\\b', '..', '.', 'a b', 'a\n'])('refuses the session id %j before it calls', async (id) => {
    const server = await answeringJson({});
    const client = clientOf(server);
    await expect(client.getSession(id)).rejects.toThrow(TypeError);
    await expect(client.process(id)).rejects.toThrow(TypeError);
    expect(server.connections()).toBe(0);
  });

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

describe('errors', () => {
  test('A7: a 400 lists each field that was refused, without the values', async () => {
    const server = await answeringJson(
      {
        message: 'Bad Request',
        id: 'BAD_REQUEST',
        errors: [
          { code: 'invalid_type', expected: 'string', received: 'undefined', path: ['email'], message: 'Required' },
          { validation: 'regex', code: 'invalid_string', message: 'Invalid', path: ['documentId'] },
          { received: 'BR', path: ['status', 0], message: "Invalid enum value. Expected 'A' | 'B', received 'Ana'" },
          { path: ['lastName'], message: 'EXEMPLO (ana@example.com, 12345678909) is not known' },
          'nonsense',
        ],
      },
      400,
      { 'trace-id': 'trace-400' },
    );
    const error = await failureOf(NotusHttpError, clientOf(server).createSession(CREATE_BODY));
    expect(error.issues).toEqual([
      { path: 'email', message: 'Required' },
      { path: 'documentId', message: 'Invalid' },
      { path: 'status.0', message: "Invalid enum value. Expected 'A' | 'B'" },
      { path: 'lastName', message: '… (…, …) is not known' },
      { path: '', message: 'refused' },
    ]);
    expect(error.message.split('\n').slice(1, 3)).toEqual(['email: Required', 'documentId: Invalid']);
  });

  test('A6: a failure names the step, the status, the id and the trace', async () => {
    const body = { message: 'An unexpected error occurred.', id: 'INTERNAL_SERVER_ERROR', traceId: 'b'.repeat(32) };
    const error = await failureOf(NotusHttpError, clientOf(await answeringJson(body, 500)).process(SESSION));
    expect(error).toMatchObject({
      operation: 'process',
      status: 500,
      id: 'INTERNAL_SERVER_ERROR',
      issues: [],
      traceId: 'b'.repeat(32),
      retryAfterMs: null,
    });
    expect(error.message).toContain('process the session');
    expect(error.message).toContain('HTTP 500, INTERNAL_SERVER_ERROR, trace bbbb');
  });

  test('A26: takes the trace from the header, before the one of the body', async () => {
    const bare = await answeringJson({ message: 'Invalid Api key.', id: 'HTTP_EXCEPTION' }, 403, {
      'trace-id': 'head',
    });
    const both = await answeringJson({ id: 'X', traceId: 'body' }, 404, { 'trace-id': 'head' });
    await expect(failure(clientOf(bare).getSession(SESSION))).resolves.toMatchObject({ status: 403, traceId: 'head' });
    await expect(failure(clientOf(both).getSession(SESSION))).resolves.toMatchObject({ traceId: 'head' });
  });

  test.each([
    ['STANDARD_SESSION_NOT_FOUND', /does not know this session/],
    ['HTTP_EXCEPTION', /Check the API URL/],
  ])('A29: a 404 is told apart by its id %s', async (id, advice) => {
    const error = await failureOf(NotusHttpError, clientOf(await answeringJson({ id }, 404)).getSession(SESSION));
    expect(error).toMatchObject({ status: 404, id });
    expect(error.message).toMatch(advice);
  });

  test.each([
    ['the live form', '{"message":"Invalid Api key.","id":"HTTP_EXCEPTION"}', 'HTTP_EXCEPTION'],
    ['the documented form', '{"statusCode":401,"id":"UNAUTHORIZED_EXCEPTION","message":"x"}', 'UNAUTHORIZED_EXCEPTION'],
    ['HTML', '<html>502</html>', null],
    ['nothing', '', null],
    ['a session', '{"session":{"id":"s","status":"COMPLETED"}}', null],
    ['an id that is a sentence', '{"id":"Ana Exemplo was refused"}', null],
  ])('A14: a 401 is an error by its status alone, with %s as its body', async (_what, text, id) => {
    const server = await answering((response) => response.writeHead(401).end(text));
    await expect(failureOf(NotusHttpError, clientOf(server).getSession(SESSION))).resolves.toMatchObject({
      status: 401,
      id,
    });
  });

  test('an error whose body is cut off keeps its status', async () => {
    const server = await answering((response) => {
      response.writeHead(503, { 'content-length': '100', 'retry-after': '7' });
      response.write('{', () => response.destroy());
    });
    const error = await failureOf(NotusHttpError, clientOf(server).getSession(SESSION));
    expect(error).toMatchObject({ status: 503, retryAfterMs: 7000 });
  });

  test.each([
    ['3', 3000],
    ['0', 0],
    ['999999999', 86_400_000],
    ['Wed, 01 Oct 2025 23:35:55 GMT', 5000],
    ['Wed, 01 Oct 2025 23:00:00 GMT', 0],
    ['-5', null],
    ['soon', null],
    ['', null],
  ])('reads Retry-After "%s" against the date of the answer', async (value, retryAfterMs) => {
    const headers = { 'retry-after': value, date: 'Wed, 01 Oct 2025 23:35:50 GMT' };
    const server = await answeringJson({}, 429, headers);
    await expect(failure(clientOf(server).getSession(SESSION))).resolves.toMatchObject({ status: 429, retryAfterMs });
  });

  test.each([302, 307, 308])(
    'A24: a %i to another origin is not followed, so the key stays with Notus',
    async (status) => {
      const elsewhere = await answeringJson({ session: sessionAnswer(), frontDocument: formAnswer() });
      closers.push(elsewhere.close);
      const server = await answering((response) => response.writeHead(status, { location: elsewhere.url }).end());
      const client = clientOf(server);
      await expect(failure(client.createSession(CREATE_BODY))).resolves.toMatchObject({ status });
      await expect(failure(client.getSession(SESSION))).resolves.toMatchObject({ status });
      expect(elsewhere.connections()).toBe(0);
    },
  );

  test('A24: no error holds the key, the body, a URL or personal data, however it is printed', async () => {
    const leak = {
      id: 'BAD_REQUEST',
      message: `Ana Exemplo ${API_KEY}`,
      errors: [{ path: ['x'], message: 'Exemplo' }],
    };
    const refusing = await answeringJson(leak, 400);
    const nonsense = await answeringJson({ session: { id: 'Ana', status: 5, key: API_KEY } });
    const cutting = await answering((response) => response.destroy());
    for (const server of [refusing, nonsense, cutting]) {
      const error = await failure(clientOf(server).createSession(CREATE_BODY));
      expect([NotusHttpError, NotusSchemaError, NotusNetworkError]).toContain((error as Error).constructor);
      const printed = `${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)} ${String(error)}`;
      expect(printed).not.toMatch(new RegExp(`${API_KEY}|Ana|Exemplo|12345678909|ana@|127\\.0\\.0\\.1|axios`, 'i'));
      expect((error as Error).cause).toBeUndefined();
    }
  });
});
