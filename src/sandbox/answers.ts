import { createHash, randomBytes } from 'node:crypto';
import type { DisturbedOperation } from './scenario';

/** What goes back over the wire, or how the connection ends without an answer. */
export type Reply =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string }
  | { kind: 'reset' }
  | { kind: 'hang' };

/** A reply that is an answer. */
export type Answer = Extract<Reply, { kind: 'answer' }>;

// The Helmet set as the captures list it; the text of the content security policy is Helmet's own default.
const NOTUS_HEADERS = {
  'access-control-allow-origin': '*',
  'content-security-policy':
    "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';" +
    "img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';" +
    "style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  server: 'cloudflare',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-railway-edge': 'railway/us-east4',
  'x-xss-protection': '0',
};

/** Express's weak ETag: the body's length in hex and the first 27 characters of its SHA-1 in base64. */
export function weakETag(body: string): string {
  const hash = createHash('sha1').update(body).digest('base64').slice(0, 27);
  return `W/"${Buffer.byteLength(body).toString(16)}-${hash}"`;
}

/** A trace id: 32 hex digits, another one each time. */
export function traceId(): string {
  return randomBytes(16).toString('hex');
}

function notusHeaders(): Record<string, string> {
  return { ...NOTUS_HEADERS, 'trace-id': traceId(), 'x-railway-request-id': randomBytes(16).toString('base64url') };
}

/** An answer of Notus with a text body, its ETag and the headers of the captures. */
export function textAnswer(status: number, contentType: string, body: string): Answer {
  const headers = { ...notusHeaders(), 'content-type': contentType, etag: weakETag(body) };
  return { kind: 'answer', status, headers, body };
}

/** An answer of Notus as compact JSON, keys in the order given. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return textAnswer(status, 'application/json; charset=utf-8', JSON.stringify(value));
}

/** The empty 204 of `process`. */
export function emptyAnswer(): Answer {
  return { kind: 'answer', status: 204, headers: notusHeaders(), body: '' };
}

/** A redirect of Notus, with the text that Express writes. */
export function redirectAnswer(status: number, location: string): Answer {
  const names: Record<number, string> = { 302: 'Found', 307: 'Temporary Redirect' };
  const answer = textAnswer(status, 'text/plain; charset=utf-8', `${names[status]}. Redirecting to ${location}`);
  return { ...answer, headers: { ...answer.headers, location } };
}

/** The 400 of a body or path that breaks the schema; `errors` are zod v3 issues. */
export function badRequest(errors: readonly object[]): Answer {
  return jsonAnswer(400, { message: 'Bad Request', id: 'BAD_REQUEST', errors });
}

/** An error of the framework: no trace id in its body. */
export function frameworkError(status: number, message: string): Answer {
  return jsonAnswer(status, { message, id: 'HTTP_EXCEPTION' });
}

/** An error of the domain: its body has a trace id, other than that of the header. */
export function domainError(status: number, id: string, message: string): Answer {
  return jsonAnswer(status, { message, id, traceId: traceId() });
}

/** The 404 of a well-formed session id that nobody knows. */
export function sessionNotFound(): Answer {
  return domainError(404, 'STANDARD_SESSION_NOT_FOUND', 'Standard individual verification session not found');
}

/** The 403 of a wrong or missing key. */
export function invalidApiKey(): Answer {
  return frameworkError(403, 'Invalid Api key.');
}

/** The 404 of a path or method that does not exist; the path with its query is said back. */
export function routeNotFound(method: string, path: string): Answer {
  return frameworkError(404, `Cannot ${method} ${path}`);
}

/** The 400 of `process` while a needed document is missing (the body is inferred). */
export function documentsNotFound(): Answer {
  return domainError(400, 'STANDARD_SESSION_DOCUMENTS_NOT_FOUND', 'Documents not found');
}

/** The 400 of `process` on a session that has expired (inferred). */
export function sessionExpired(): Answer {
  return domainError(400, 'STANDARD_SESSION_EXPIRED', 'Standard individual verification session expired');
}

/** The 429 of calls beyond the rate that the sandbox was started with. */
export function tooManyRequests(): Answer {
  const answer = throttled();
  return { ...answer, headers: { ...answer.headers, 'retry-after': '1' } };
}

function throttled(): Answer {
  return frameworkError(429, 'ThrottlerException: Too Many Requests');
}

/** The error that a scenario asks for by its HTTP status. */
export function errorAnswer(status: number, operation: DisturbedOperation): Answer {
  switch (status) {
    case 400:
      return operation === 'process' ? documentsNotFound() : badRequest([NEWLY_REQUIRED]);
    case 401:
      return jsonAnswer(401, { statusCode: 401, id: 'UNAUTHORIZED_EXCEPTION', message: 'Unauthorized' });
    case 403:
      return frameworkError(403, 'You are not allowed to access this feature.');
    case 404:
      return sessionNotFound();
    case 409:
      return domainError(
        409,
        'STANDARD_SESSION_CONFLICT',
        'Standard individual verification session cannot be processed',
      );
    case 429:
      return throttled();
    case 500:
      return domainError(500, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred. Our team has been notified.');
    case 502:
      return textAnswer(502, 'text/html', '<html><body><h1>502 Bad Gateway</h1></body></html>');
    default:
      return frameworkError(status, 'Service Unavailable');
  }
}

const NEWLY_REQUIRED = {
  code: 'invalid_type',
  expected: 'string',
  received: 'undefined',
  path: ['motherName'],
  message: 'Required',
};
