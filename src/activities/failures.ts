import { NotusHttpError, NotusNetworkError, NotusSchemaError } from '../notus/errors';
import { bounded } from '../validation/shape';
import type { Obstacle } from './obstacles';

/** What an error of a call to Notus means for the step that made it. */
export type Situation =
  /** Surely not done, or harmless to repeat: the server retries it. */
  | { kind: 'obstacle'; obstacle: Obstacle }
  /** Perhaps done: never repeated blindly. `notASession`: Notus answered, but not with what it documents. */
  | { kind: 'ambiguous'; message: string; notASession: boolean }
  /** Notus's own 400 at create: the request is wrong. */
  | { kind: 'invalid'; lines: string[] }
  /** Notus refuses to process in this state: a look decides. */
  | { kind: 'conflict'; message: string }
  /** The session is no longer known to Notus. */
  | { kind: 'gone' }
  /** Not an error of a call at all. */
  | { kind: 'unknown' };

/**
 * The one place that decides what retries. Each row of the contract's table is a line here; the order matters where a
 * status has a special meaning for one operation.
 */
export function situationOf(error: unknown, operation: 'create' | 'process' | 'get'): Situation {
  const mayHaveActed = operation !== 'get';

  if (error instanceof NotusNetworkError) {
    if (error.sent === 'perhaps' && mayHaveActed) return ambiguous(error.message);
    return outage(`Notus can't be reached (${error.code}).`);
  }

  if (error instanceof NotusSchemaError) {
    const message = `Notus answered ${error.operation} with something that is not a session (${error.reason})${trace(error)}.`;
    if (operation === 'create') return { kind: 'ambiguous', message, notASession: true };
    return { kind: 'obstacle', obstacle: { code: 'ProtocolError', kind: 'outage', message } };
  }

  if (error instanceof NotusHttpError) {
    const { status } = error;
    const what = `HTTP ${status}${error.id === null ? '' : ` ${error.id}`}${trace(error)}`;
    if (status === 429) return outage(`Notus asks to slow down (${what}).`, error.retryAfterMs);
    if (status === 503 && error.retryAfterMs !== null) return outage(`Notus is busy (${what}).`, error.retryAfterMs);
    if (status >= 500) {
      const message = `Notus failed at ${error.operation} (${what}).`;
      return mayHaveActed ? ambiguous(message) : outage(message, error.retryAfterMs);
    }
    if (status === 400 && operation === 'create') return { kind: 'invalid', lines: invalidLines(error) };
    if (operation === 'process' && (status === 400 || status === 409)) {
      return { kind: 'conflict', message: `Notus refused to process the session (${what}).` };
    }
    if (status === 404 && error.id === 'STANDARD_SESSION_NOT_FOUND' && operation !== 'create') return { kind: 'gone' };
    return refusal(status, what);
  }

  return { kind: 'unknown' };
}

function outage(message: string, retryAfterMs: number | null = null): Situation {
  return { kind: 'obstacle', obstacle: { code: 'NotusUnavailable', kind: 'outage', message, retryAfterMs } };
}

function ambiguous(message: string): Situation {
  return { kind: 'ambiguous', message, notASession: false };
}

function refusal(status: number, what: string): Situation {
  const remedy =
    status === 401 || status === 403
      ? 'check NOTUS_API_KEY, and that Notus has enabled the feature for it'
      : 'check NOTUS_API_URL';
  const message = `Notus refuses the call (${what}): ${remedy}; it goes on by itself once that is mended.`;
  return { kind: 'obstacle', obstacle: { code: 'NotusKeyRefused', kind: 'refusal', message } };
}

function invalidLines(error: NotusHttpError): string[] {
  const lines = error.issues.map(({ path, message }) => `request.${path}: ${message} (Notus)`);
  return lines.length > 0 ? bounded(lines) : [`request: refused by Notus (HTTP 400${trace(error)})`];
}

function trace({ traceId }: { traceId: string | null }): string {
  return traceId === null ? '' : `, trace-id ${traceId}`;
}
