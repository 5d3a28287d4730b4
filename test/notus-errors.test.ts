import { inspect } from 'node:util';
import { NotusClient } from '../src/notus/client';
import { NotusHttpError, NotusNetworkError, NotusSchemaError } from '../src/notus/errors';
import { failure, failureOf } from './support/failure';
import { CREATE_BODY, formAnswer, sessionAnswer } from './support/notus-answers';
import { answering, answeringJson } from './support/scripted-server';
import type { ScriptedHttpServer } from './support/scripted-server';

const API_KEY = 'ey-secret-key-of-the-test';
const SESSION = '99999999-0000-4000-8000-000000000001';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function clientOf(server: ScriptedHttpServer): NotusClient {
  const client = new NotusClient({
    baseUrl: `${server.url}/api/v1`,
    apiKey: API_KEY,
    timeoutMs: 10_000,
  });
  closers.push(() => client.close(), server.close);
  return client;
}

test('A7: a 400 lists each field that was refused, without the values', async () => {
  const server = await answeringJson(
    {
      message: 'Bad Request',
      id: 'BAD_REQUEST',
      errors: [
        { code: 'invalid_type', expected: 'string', received: 'undefined', path: ['email'], message: 'Required' },
        { validation: 'regex', code: 'invalid_string', message: 'Invalid', path: ['documentId'] },
        { received: 'BR', path: ['status', 0], message: "Invalid enum value. Expected 'A' | 'B', received 'Ana'" },
        { path: ['documentId'], message: 'CPF12345678909 and 12345678909x are wrong' },
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
    { path: 'documentId', message: 'CPF… and …x are wrong' },
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
