import * as http from 'node:http';
import * as https from 'node:https';
import { ADDRESS_REFUSED, guardedLookup, isLoopbackHost } from '../network/addresses';
import { DocumentRefusedError, DocumentStoreUnavailableError, missingError } from './errors';
import { responseBody } from './response-body';
import type { OpenDocument } from './store';

const TRY_LATER = [408, 425, 429];
const MISSING = [403, 404, 410];

/** One web server that documents may be read from: https, save for a loopback address; no redirect is followed. */
export class HttpsSource {
  private readonly origin: string;

  /** Takes `https://host` or `https://host:port`; throws an Error with a sentence for anything else. */
  constructor(text: string) {
    const url = parseUrl(text);
    if (url === undefined || url.href !== `${url.origin}/`) {
      throw new Error(
        'A document source is written as file:///absolute/path, or as https://host without user, path and query.',
      );
    }
    this.origin = url.origin;
  }

  contains(uri: unknown): boolean {
    return typeof uri === 'string' && parseUrl(uri)?.origin === this.origin;
  }

  /** Opens the document once its length is known. */
  async open(uri: string, timeoutMs: number): Promise<OpenDocument> {
    const response = await request(uri, timeoutMs);
    try {
      const size = sizeOf(response);
      return { stream: responseBody(response, timeoutMs, unavailableError), size };
    } catch (error) {
      response.destroy();
      throw error;
    }
  }
}

function parseUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)) ? url : undefined;
}

function request(uri: string, timeoutMs: number): Promise<http.IncomingMessage> {
  const { get } = uri.toLowerCase().startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    // An encoded body would have another length and another sha256 than the document.
    const headers = { accept: '*/*', 'accept-encoding': 'identity' };
    const sent = get(uri, { headers, agent: false, lookup: guardedLookup('listed') }, (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    const timer = setTimeout(() => sent.destroy(unavailableError('did not answer in time')), timeoutMs);
    sent.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const isRefused = error.code === ADDRESS_REFUSED;
      const what = isRefused ? 'leads to an address of no server' : 'could not be reached, or cut the connection';
      reject(unavailableError(what));
    });
  });
}

function sizeOf(response: http.IncomingMessage): number {
  const status = response.statusCode ?? 0;
  if (status >= 500 || TRY_LATER.includes(status)) throw unavailableError(`answered with status ${status}`);
  if (MISSING.includes(status)) throw missingError();
  if (status >= 300 && status < 400) {
    throw unusableError('The source of the document redirects elsewhere: name the place where the document is.');
  }
  if (status !== 200) throw unusableError(`The source of the document refused it with status ${status}.`);
  const encoding = response.headers['content-encoding'] ?? 'identity';
  const length = response.headers['content-length'];
  if (length === undefined || encoding !== 'identity') {
    throw unusableError('The source of the document does not tell its length: serve it as it is, with Content-Length.');
  }
  return Number(length);
}

function unusableError(message: string): DocumentRefusedError {
  return new DocumentRefusedError('DocumentUnusable', message);
}

function unavailableError(what: string): DocumentStoreUnavailableError {
  return new DocumentStoreUnavailableError(`The source of the document ${what}: it is tried again later.`);
}
