import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import type { DocumentStoreUnavailableError } from './errors';

/** The body of an answer with its failures told as an outage; a server that stalls is cut off. */
export function responseBody(
  response: IncomingMessage,
  timeoutMs: number,
  unavailable: (what: string) => DocumentStoreUnavailableError,
): PassThrough {
  const body = new PassThrough();
  // A cut before anybody reads must wait for the reader, not end the process as an unhandled error.
  body.on('error', () => undefined);
  response.setTimeout(timeoutMs, () => response.destroy(new Error('stalled')));
  response.on('error', () => body.destroy(unavailable('cut the connection or stalled')));
  body.on('close', () => response.destroy());
  return response.pipe(body);
}
