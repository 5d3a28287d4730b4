import type { Readable } from 'node:stream';

/** An answer's headers, by lower-case name. */
export type Headers = Record<string, unknown>;

const DAY_MS = 24 * 60 * 60 * 1000;

/** As much of an answer's body as came. `cut` tells why that is not all: it was too long, or the connection failed. */
export interface Body {
  text: string;
  cut: 'too long' | { error: unknown } | null;
}

/** Reads a body of at most `maxBytes`; never throws, since the status that came before it may be all that matters. */
export async function readBody(stream: Readable, maxBytes: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let cut: Body['cut'] = null;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        cut = 'too long';
        break;
      }
      chunks.push(chunk);
    }
  } catch (error) {
    cut = { error };
  }
  return { text: Buffer.concat(chunks).toString('utf8'), cut };
}

/** The JSON value of a text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The header `trace-id`, else the `traceId` of the body: bodies of refused requests and keys have none (Notus docs). */
export function traceIdOf(headers: Headers, bodyTraceId?: unknown): string | null {
  const known = [headers['trace-id'], bodyTraceId].find((id) => typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id));
  return typeof known === 'string' ? known : null;
}

/**
 * How long `Retry-After` asks to wait, in ms from now, 0 to 24 h; null when it is missing or unreadable.
 * A date is measured against the answer's own `Date`, because this machine's clock may be wrong.
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return null;
  const text = value.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - (httpDate(headers['date']) || now);
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), DAY_MS);
}

/**
 * How far the server's clock is ahead of this machine's, in ms, to the second that `Date` has.
 * 0 when `Date` is missing or more than a day off: then it is the header that is wrong.
 */
export function clockLeadMs(headers: Headers, receivedAt: number): number {
  const lead = httpDate(headers['date']) - receivedAt;
  return Math.abs(lead) <= DAY_MS ? lead : 0;
}

/** The code of a connection's error, such as `ECONNRESET`. */
export function networkCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'UNKNOWN';
}

function httpDate(value: unknown): number {
  return typeof value === 'string' && /^[A-Z][a-z]{2,8},? .*GMT$/.test(value.trim()) ? Date.parse(value) : NaN;
}
