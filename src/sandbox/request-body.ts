import type { IncomingMessage } from 'node:http';
import type { Answer } from './answers';
import { frameworkError } from './answers';

const MAX_BODY_BYTES = 100 * 1024;

/** A request's body as Express gives it to a handler, or the answer of Express itself. */
export type Body = { value: unknown } | { refusal: Answer };

/** Reads a body of at most 100 KiB; without the content type of JSON it counts as `{}`, as under Express. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) return { refusal: frameworkError(413, 'request entity too large') };
  if (bytes === 0 || !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return { value: {} };
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString()) };
  } catch (error) {
    return { refusal: frameworkError(400, (error as SyntaxError).message) };
  }
}
