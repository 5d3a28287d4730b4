import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import busboy from 'busboy';
import type { AcceptedForm, S3Refusal } from './s3-policy';
import { checkForm, checkSize } from './s3-policy';

/** A file that arrived with a form that holds: only its hashes and size are kept. */
export interface ReceivedFile {
  key: string;
  bytes: number;
  sha256: string;
  md5: string;
}

/** What the form of an upload named, as far as it was read, and what S3 says to it. */
export interface Upload {
  key: string | null;
  outcome: ReceivedFile | S3Refusal;
}

// Enough to answer a client that is still sending; one that goes on for ever is cut off.
const MAX_REQUEST_BYTES = 128 * 1024 * 1024;

/** Reads a POST to the bucket to its end, hashing the file as it streams by, and checks it as S3 would. */
export async function receiveUpload(request: IncomingMessage, now: () => number): Promise<Upload> {
  const contentType = request.headers['content-type'] ?? '';
  if (request.headers['content-length'] === undefined) return { key: null, outcome: await refuse(request, NO_LENGTH) };
  if (Number(request.headers['content-length']) > MAX_REQUEST_BYTES) return { key: null, outcome: TOO_MUCH };
  if (!/^multipart\/form-data\s*;/i.test(contentType)) {
    return { key: null, outcome: await refuse(request, NOT_MULTIPART) };
  }
  return await readForm(request, now);
}

async function readForm(request: IncomingMessage, now: () => number): Promise<Upload> {
  const fields = new Map<string, string>();
  let files = 0;
  let strange = false;
  let form: AcceptedForm | S3Refusal | null = null;
  let bytes = 0;
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  try {
    const parser = busboy({ headers: request.headers, limits: { fieldSize: 20_480 } });
    // S3 reads no field that comes after the file.
    parser.on('field', (name, value) => files === 0 && fields.set(name.toLowerCase(), value));
    parser.on('file', (name, stream) => {
      files += 1;
      strange ||= name.toLowerCase() !== 'file';
      form ??= checkForm(fields, now());
      // A caller that hangs up destroys the parser, and with it this stream.
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        sha256.update(chunk);
        md5.update(chunk);
      });
    });
    request.once('error', (error) => parser.destroy(error));
    request.pipe(parser);
    await finished(parser);
  } catch (error) {
    // The caller is gone: there is nobody to answer.
    if (request.errored) throw error;
    return { key: fields.get('key') ?? null, outcome: await refuse(request, MALFORMED) };
  }
  const key = fields.get('key') ?? null;
  const verdict: AcceptedForm | S3Refusal = form ?? checkForm(fields, now());
  if ('code' in verdict) return { key, outcome: verdict };
  if (files !== 1 || strange) return { key, outcome: WRONG_NUMBER_OF_FILES };
  const outcome = checkSize(bytes, verdict) ?? {
    key: verdict.key,
    bytes,
    sha256: sha256.digest('hex'),
    md5: md5.digest('hex'),
  };
  return { key, outcome };
}

/** Reads the rest away first: a client that is cut off while it sends sees a broken pipe instead of the refusal. */
async function refuse(request: IncomingMessage, refusal: S3Refusal): Promise<S3Refusal> {
  request.unpipe();
  request.resume();
  if (!request.readableEnded) await finished(request, { writable: false }).catch(() => undefined);
  return refusal;
}

const NO_LENGTH: S3Refusal = {
  status: 501,
  code: 'NotImplemented',
  message: 'A header you provided implies functionality that is not implemented',
  extras: { Header: 'Transfer-Encoding' },
};

const TOO_MUCH: S3Refusal = {
  status: 400,
  code: 'EntityTooLarge',
  message: 'Your proposed upload exceeds the maximum allowed size',
  extras: { MaxSizeAllowed: '26214400' },
};

const NOT_MULTIPART: S3Refusal = {
  status: 412,
  code: 'PreconditionFailed',
  message: 'At least one of the pre-conditions you specified did not hold',
  extras: { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
};

const MALFORMED: S3Refusal = {
  status: 400,
  code: 'MalformedPOSTRequest',
  message: 'The body of your POST request is not well-formed multipart/form-data.',
};

const WRONG_NUMBER_OF_FILES: S3Refusal = {
  status: 400,
  code: 'IncorrectNumberOfFilesInPostRequest',
  message: 'POST requires exactly one file upload per request.',
};
