import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import axios from 'axios';
import type { AxiosInstance } from 'axios';
import FormData from 'form-data';
import { ADDRESS_REFUSED, guardedLookup } from '../network/addresses';
import type { Reach } from '../network/addresses';
import { networkCode, readBody, retryAfterMs } from './answers';
import { Deadline } from './deadline';
import { DocumentChangedError, UploadAddressRefusedError, UploadNetworkError, UploadRefusedError } from './errors';
import { transport } from './sent-watch';
import { hostMatcher } from './upload-hosts';

export interface FormUploaderOptions {
  /** How long an upload may stand still; a slow one that moves is let go on. */
  timeoutMs: number;
  /** As `hostMatcher` reads them. */
  allowedHosts: readonly string[];
}

/** A document on its way. The uploader destroys the stream, however the upload ends. */
export interface UploadFile {
  stream: Readable;
  /** Exactly how many bytes the stream gives. */
  size: number;
  /** The digest in lower-case hex that those bytes have. */
  sha256: string;
  /** Such as `image/jpeg`. */
  type: string;
  name: string;
}

/** No upload takes longer: a form lives 10 minutes (Notus's live policies). */
const TOTAL_MS = 10 * 60 * 1000;

/** An S3 error is a few hundred bytes of XML. */
const MAX_ANSWER_BYTES = 64 * 1024;

const STORED = [200, 201, 204];

/** Posts documents to presigned forms, by a client of its own that never had the Notus key. */
export class FormUploader {
  private readonly http: AxiosInstance;
  private readonly timeoutMs: number;
  private readonly reach: (url: string) => Reach | undefined;

  constructor({ timeoutMs, allowedHosts }: FormUploaderOptions) {
    this.timeoutMs = timeoutMs;
    this.reach = hostMatcher(allowedHosts);
    this.http = axios.create({
      maxRedirects: 0,
      proxy: false,
      responseType: 'stream',
      decompress: false,
      // Without a time-out of its own the library would switch the socket's off.
      timeout: timeoutMs,
      transitional: { clarifyTimeoutError: true },
      headers: { Accept: '*/*', 'Accept-Encoding': 'identity' },
      validateStatus: () => true,
      // A new connection each: what was streamed into a pooled one that had died could not be sent again.
      httpAgent: new http.Agent({ keepAlive: false }),
      httpsAgent: new https.Agent({ keepAlive: false }),
    });
  }

  /** Whether documents may be sent to where the form points. */
  allows(form: { url: string }): boolean {
    return this.reach(form.url) !== undefined;
  }

  /**
   * Streams the document into the form: the fields as they came, then the file, with its exact length and constant
   * memory. Throws `UploadRefusedError` for any answer but 200, 201, 204, `UploadNetworkError` without an answer,
   * `UploadAddressRefusedError` for a host that leads into a private network, `DocumentChangedError` for other bytes than
   * promised, of which S3 then stores none, the document stream's own error when that failed, and a `TypeError` for a form
   * that is not allowed or an empty file.
   */
  async upload(
    form: { url: string; fields: Record<string, string> },
    file: UploadFile,
    signal?: AbortSignal,
  ): Promise<void> {
    // A stream that is destroyed may still report an error, to nobody.
    file.stream.on('error', () => {});
    try {
      const reach = this.reach(form.url);
      if (reach === undefined) throw new TypeError('The form points to a host that is not allowed.');
      if (!(file.size > 0)) throw new TypeError('The document is empty.');
      await this.post(form, reach, file, signal);
    } finally {
      file.stream.destroy();
    }
  }

  private async post(
    form: { url: string; fields: Record<string, string> },
    reach: Reach,
    file: UploadFile,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = new Deadline(TOTAL_MS, signal);
    const document = new DocumentPart(file);
    const body = multipart(form.fields, document.stream, file);
    try {
      const response = await this.http.post<Readable>(form.url, body, {
        signal: deadline.signal,
        headers: { ...body.getHeaders(), 'Content-Length': body.getLengthSync() },
        transport: transport(
          (request) => {
            request.once('socket', (socket) => {
              socket.setTimeout(this.timeoutMs);
              socket.on('timeout', deadline.expire);
            });
          },
          { lookup: guardedLookup(reach) },
        ),
      });
      const receivedAt = Date.now();
      const answer = await readBody(response.data, MAX_ANSWER_BYTES);
      if (STORED.includes(response.status)) return;
      throw refusal(response.status, answer.text, retryAfterMs(response.headers, receivedAt));
    } catch (error) {
      if (error instanceof UploadRefusedError) throw error;
      if (document.failure !== null) throw document.failure.error;
      const code = deadline.code ?? networkCode(error);
      throw code === ADDRESS_REFUSED ? new UploadAddressRefusedError() : new UploadNetworkError(code);
    } finally {
      deadline.release();
      document.stream.destroy();
    }
  }
}

/** The document as it is sent, or not to its end: S3 waits for bytes that are missing, and stores nothing. */
class DocumentPart {
  readonly stream: Readable;
  failure: { error: unknown } | null = null;

  constructor(file: UploadFile) {
    // One chunk ahead, whatever its size: the document's own stream reads ahead already.
    this.stream = Readable.from(this.read(file), { objectMode: false, highWaterMark: 1 });
  }

  /** Holds the last bytes back until all of them are known to be the right ones. */
  private async *read({ stream, size, sha256 }: UploadFile): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let bytes = 0;
    let held: Buffer | null = null;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > size) break;
        hash.update(chunk);
        // After the reads of this turn of the event loop: an answer that came early is read before a write to the
        // connection that its sender has closed throws it away.
        await setImmediate();
        if (held !== null) yield held;
        held = chunk;
      }
      if (bytes !== size || hash.digest('hex') !== sha256) throw new DocumentChangedError();
    } catch (error) {
      this.failure = { error };
      throw error;
    }
    if (held !== null) yield held;
  }
}

/** S3 ignores all that follows the file and refuses fields its policy does not name, so nothing is added (AWS docs). */
function multipart(fields: Record<string, string>, document: Readable, { size, type, name }: UploadFile): FormData {
  const body = new FormData();
  for (const [field, value] of Object.entries(fields)) body.append(field, value);
  body.append('file', document, { knownLength: size, contentType: type, filename: name });
  return body;
}

function refusal(status: number, xml: string, retryAfter: number | null): UploadRefusedError {
  const code = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(xml)?.[1] ?? null;
  const message = /<Message>([^<]*)<\/Message>/.exec(xml)?.[1] ?? '';
  return new UploadRefusedError({
    status,
    code,
    expired: status === 403 && /policy expired/i.test(message),
    tooLarge: status === 413 || code === 'EntityTooLarge',
    retryAfterMs: retryAfter,
  });
}
