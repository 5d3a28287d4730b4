import { situationOf } from '../src/activities/failures';
import { NotusHttpError, NotusNetworkError, NotusSchemaError, type Operation } from '../src/notus/errors';

type Step = 'create' | 'process' | 'get';

const STEPS: readonly Step[] = ['create', 'process', 'get'];

const http = (operation: Operation, status: number, of: Partial<NotusHttpError> = {}): NotusHttpError =>
  new NotusHttpError({ operation, status, id: null, issues: [], traceId: null, retryAfterMs: null, ...of });

const outage = (of: object = {}): object => ({ kind: 'obstacle', obstacle: { kind: 'outage', ...of } });
const unavailable = (of: object = {}): object => outage({ code: 'NotusUnavailable', ...of });
const refused = (variable: string): object => ({
  kind: 'obstacle',
  obstacle: { code: 'NotusKeyRefused', kind: 'refusal', message: expect.stringContaining(variable) as string },
});
const ambiguous = { kind: 'ambiguous', notASession: false };
const conflict = { kind: 'conflict' };
const gone = { kind: 'gone' };
const invalid = { kind: 'invalid' };

interface Row {
  what: string;
  error: (step: Step) => Error;
  create: object;
  process: object;
  get: object;
}

const unsent = (code: string) => (step: Step) => new NotusNetworkError(step, code, 'no');
const sent = (code: string) => (step: Step) => new NotusNetworkError(step, code, 'perhaps');
const status =
  (code: number, of: Partial<NotusHttpError> = {}) =>
  (step: Step): Error =>
    http(step, code, of);
const inAll = (meaning: object): Pick<Row, Step> => ({ create: meaning, process: meaning, get: meaning });
const KEY = inAll(refused('NOTUS_API_KEY'));
const URL_WRONG = inAll(refused('NOTUS_API_URL'));
const PERHAPS_DONE = { create: ambiguous, process: ambiguous, get: unavailable() };
const SURELY_NOT_DONE = inAll(unavailable());
const UNKNOWN_SESSION = { id: 'STANDARD_SESSION_NOT_FOUND' };

const rows: Row[] = [
  { what: 'a refused connection', error: unsent('ECONNREFUSED'), ...SURELY_NOT_DONE },
  { what: 'a name that is not found', error: unsent('ENOTFOUND'), ...SURELY_NOT_DONE },
  { what: 'a failed TLS handshake', error: unsent('CERT_HAS_EXPIRED'), ...SURELY_NOT_DONE },
  { what: 'a time-out before the request was written', error: unsent('ETIMEDOUT'), ...SURELY_NOT_DONE },
  { what: 'a time-out', error: sent('ETIMEDOUT'), ...PERHAPS_DONE },
  { what: 'a reset', error: sent('ECONNRESET'), ...PERHAPS_DONE },
  { what: '429', error: status(429), ...inAll(unavailable({ retryAfterMs: null })) },
  {
    what: '429 with Retry-After',
    error: status(429, { retryAfterMs: 7_000 }),
    ...inAll(unavailable({ retryAfterMs: 7_000 })),
  },
  {
    what: '503 with Retry-After',
    error: status(503, { retryAfterMs: 9_000 }),
    ...inAll(unavailable({ retryAfterMs: 9_000 })),
  },
  { what: '503 without Retry-After', error: status(503), ...PERHAPS_DONE },
  {
    what: '500 with Retry-After',
    error: status(500, { retryAfterMs: 4_000 }),
    ...PERHAPS_DONE,
    get: unavailable({ retryAfterMs: 4_000 }),
  },
  { what: '500', error: status(500), ...PERHAPS_DONE },
  { what: '502', error: status(502), ...PERHAPS_DONE },
  { what: '504', error: status(504), ...PERHAPS_DONE },
  { what: '400', error: status(400), create: invalid, process: conflict, get: refused('NOTUS_API_URL') },
  { what: '409', error: status(409), ...URL_WRONG, process: conflict },
  { what: '401', error: status(401), ...KEY },
  { what: '403', error: status(403), ...KEY },
  { what: '301', error: status(301), ...URL_WRONG },
  { what: '302', error: status(302), ...URL_WRONG },
  { what: '307', error: status(307), ...URL_WRONG },
  { what: 'A29: 404 of a wrong route', error: status(404, { id: 'HTTP_EXCEPTION' }), ...URL_WRONG },
  { what: '404 without an id', error: status(404), ...URL_WRONG },
  {
    what: 'A29: 404 of an unknown session',
    error: status(404, UNKNOWN_SESSION),
    create: refused('NOTUS_API_URL'),
    process: gone,
    get: gone,
  },
  { what: '405', error: status(405), ...URL_WRONG },
  { what: '422', error: status(422), ...URL_WRONG },
  {
    what: 'a 2xx that is no session',
    error: (step) => new NotusSchemaError(step, 200, 'it is no JSON', null),
    create: { kind: 'ambiguous', notASession: true },
    process: outage({ code: 'ProtocolError' }),
    get: outage({ code: 'ProtocolError' }),
  },
  { what: 'an error of no call', error: () => new TypeError('x is undefined'), ...inAll({ kind: 'unknown' }) },
];

test.each(rows.flatMap((row) => STEPS.map((step) => ({ step, ...row, meaning: row[step] }))))(
  '$step: $what means what the contract says',
  ({ step, error, meaning }) => {
    expect(situationOf(error(step), step)).toMatchObject(meaning);
  },
);

test.each([undefined, null, 'ECONNRESET', { status: 500 }])('%p is no error of a call', (thrown) => {
  expect(situationOf(thrown, 'create')).toEqual({ kind: 'unknown' });
});

test('A7: a 400 at create gives one readable line a field', () => {
  const issues = [
    { path: 'email', message: 'Required' },
    { path: 'address', message: 'Required' },
  ];
  expect(situationOf(http('create', 400, { issues }), 'create')).toEqual({
    kind: 'invalid',
    lines: ['request.email: Required (Notus)', 'request.address: Required (Notus)'],
  });
});

test('a 400 at create that names no field still gives a line, with what support asks for', () => {
  expect(situationOf(http('create', 400, { traceId: 'abc' }), 'create')).toEqual({
    kind: 'invalid',
    lines: ['request: refused by Notus (HTTP 400, trace-id abc)'],
  });
});

test('A6: an error names the step, the status, the id of the error and the trace id', () => {
  const error = http('create', 500, { id: 'INTERNAL_SERVER_ERROR', traceId: 'cafe01' });
  expect(situationOf(error, 'create')).toMatchObject({
    message: 'Notus failed at create (HTTP 500 INTERNAL_SERVER_ERROR, trace-id cafe01).',
  });
});

test('a lost answer is one sentence a thought, each with one full stop', () => {
  expect(situationOf(sent('ECONNRESET')('create'), 'create')).toMatchObject({
    message: 'No answer from Notus when asked to open a session (ECONNRESET). Notus may have received the request.',
  });
});

test('A25: a feature that is not enabled says to ask Notus for it', () => {
  expect(situationOf(http('create', 403, { id: 'HTTP_EXCEPTION' }), 'create')).toMatchObject({
    obstacle: { message: expect.stringContaining('that Notus has enabled the feature') as string },
  });
});
