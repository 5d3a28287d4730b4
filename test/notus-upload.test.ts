import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { DocumentChangedError, UploadNetworkError, UploadRefusedError } from '../src/notus/errors';
import { FormUploader, type UploadFile } from '../src/notus/upload';
import { failure } from './support/failure';
import { formFields } from './support/notus-answers';
import { accepting, answering, closedPort } from './support/scripted-server';
import type { ScriptedServer } from './support/scripted-server';
import { uploadFile } from './support/upload-file';

const FIELDS = formFields({ expiration: '2025-10-01T23:45:50Z', conditions: [] });
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function opened<T extends ScriptedServer>(server: Promise<T>): Promise<T> {
  const open = await server;
  closers.push(open.close);
  return open;
}

const uploaderTo = (port: number, timeoutMs = 10_000): FormUploader =>
  new FormUploader({ timeoutMs, allowedHosts: [`127.0.0.1:${port}`] });

const formAt = (server: { port: number }): { url: string; fields: Record<string, string> } => ({
  url: `http://127.0.0.1:${server.port}/bucket`,
  fields: FIELDS,
});

/** Gives chunks for ever, or until it has given `chunks` of them. */
const chunked = (chunks: number, size: number): Readable =>
  Readable.from(
    (function* () {
      for (let n = 0; n < chunks; n += 1) yield Buffer.alloc(size, n);
    })(),
    { objectMode: false },
  );

/** A document that is given in such chunks. */
const chunkedFile = (chunks: number, size: number): UploadFile =>
  uploadFile(Buffer.concat(Array.from({ length: chunks }, (_, n) => Buffer.alloc(size, n))), chunked(chunks, size));

const xml = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><HostId>x</HostId></Error>`;

test('A17: sends the fields untouched in their order, then the file, and nothing else', async () => {
  const server = await opened(answering((response) => response.writeHead(204).end()));
  const bytes = randomBytes(300_000);
  await uploaderTo(server.port).upload(formAt(server), uploadFile(bytes));

  const [request] = server.seen;
  const boundary = /boundary=(.+)$/.exec(request?.headers['content-type'] ?? '')?.[1];
  const parts = (request?.body.toString('latin1') ?? '').split(`--${boundary}`).slice(1, -1);
  const names = parts.map((part) => /name="([^"]+)"/.exec(part)?.[1]);
  expect(names).toEqual([...Object.keys(FIELDS), 'file']);
  const contents = parts.map((part) => part.slice(part.indexOf('\r\n\r\n') + 4, -2));
  expect(contents.slice(0, -1)).toEqual(Object.values(FIELDS));
  expect(Buffer.from(contents.at(-1) ?? '', 'latin1').equals(bytes)).toBe(true);
  expect(parts.at(-1)).toContain('filename="front.jpg"\r\nContent-Type: image/jpeg\r\n');
});

test('A17: announces the exact length, which S3 demands', async () => {
  const server = await opened(answering((response) => response.writeHead(204).end()));
  await uploaderTo(server.port).upload(formAt(server), uploadFile(Buffer.alloc(100_000)));
  expect(server.seen[0]?.headers['content-length']).toBe(String(server.seen[0]?.body.length));
  expect(server.seen[0]?.headers['transfer-encoding']).toBeUndefined();
});

test('A24: the key of Notus does not go to S3', async () => {
  const server = await opened(answering((response) => response.writeHead(204).end()));
  await uploaderTo(server.port).upload(formAt(server), uploadFile(Buffer.alloc(10)));
  expect(Object.keys(server.seen[0]?.headers ?? {}).sort()).toEqual(
    ['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host', 'user-agent'].sort(),
  );
});

test.each([200, 201, 204])('takes %i as stored and ends the stream', async (status) => {
  const server = await opened(answering((response) => response.writeHead(status).end()));
  const file = uploadFile(Buffer.alloc(10));
  await uploaderTo(server.port).upload(formAt(server), file);
  expect(file.stream.destroyed).toBe(true);
});

test.each([
  [403, 'AccessDenied', 'Invalid according to Policy: Policy expired.', { expired: true, tooLarge: false }],
  [403, 'AccessDenied', 'Invalid according to Policy: Extra input fields: content-type', { expired: false }],
  [403, 'SignatureDoesNotMatch', 'Policy expired', { expired: true }],
  [400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', { expired: false, tooLarge: true }],
  [400, 'IncorrectNumberOfFilesInPostRequest', 'Policy expired', { expired: false, tooLarge: false }],
  [503, 'SlowDown', 'Please reduce your request rate.', { expired: false, tooLarge: false }],
])('A13: reads %i %s "%s"', async (status, code, message, expected) => {
  const server = await opened(
    answering((response) => response.writeHead(status, { 'retry-after': '4' }).end(xml(code, message))),
  );
  const file = uploadFile(Buffer.alloc(10));
  const error = await failure(uploaderTo(server.port).upload(formAt(server), file));
  expect(error).toBeInstanceOf(UploadRefusedError);
  expect(error).toMatchObject({ status, code, retryAfterMs: 4000, ...expected });
  expect(file.stream.destroyed).toBe(true);
});

test.each([
  ['nothing', ''],
  ['HTML', '<html>Bad Gateway</html>'],
  ['far too much', `<Error>${'x'.repeat(1_000_000)}<Code>Late</Code>`],
])('an answer that holds %s is refused by its status alone', async (_what, text) => {
  const server = await opened(answering((response) => response.writeHead(502).end(text)));
  const error = await failure(uploaderTo(server.port).upload(formAt(server), uploadFile(Buffer.alloc(10))));
  expect(error).toMatchObject({ status: 502, code: null, expired: false, tooLarge: false, retryAfterMs: null });
});

test.each([202, 302, 307])('a %i is no success, and no redirect is followed', async (status) => {
  const elsewhere = await opened(answering((response) => response.writeHead(204).end()));
  const server = await opened(answering((response) => response.writeHead(status, { location: elsewhere.url }).end()));
  const error = await failure(uploaderTo(server.port).upload(formAt(server), uploadFile(Buffer.alloc(10))));
  expect(error).toBeInstanceOf(UploadRefusedError);
  expect(error).toMatchObject({ status });
  expect(elsewhere.connections()).toBe(0);
});

test('gives the answer of a server that refuses before it has read the document', async () => {
  const body = xml('EntityTooLarge', 'too large');
  const head = `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
  const server = await opened(accepting((socket) => socket.once('data', () => socket.write(head + body))));
  const file = chunkedFile(128, 65_536);
  const error = await failure(uploaderTo(server.port).upload(formAt(server), file));
  expect(error).toMatchObject({ status: 400, code: 'EntityTooLarge', tooLarge: true });
  expect(file.stream.destroyed).toBe(true);
});

test('a refused connection is a network error', async () => {
  const port = await closedPort();
  const file = uploadFile(Buffer.alloc(10));
  const error = await failure(uploaderTo(port).upload(formAt({ port }), file));
  expect(error).toBeInstanceOf(UploadNetworkError);
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  expect(file.stream.destroyed).toBe(true);
});

test('a connection that is reset in the midst of the document is a network error', async () => {
  const server = await opened(accepting((socket) => socket.once('data', () => socket.resetAndDestroy())));
  const file = chunkedFile(400, 65_536);
  const error = await failure(uploaderTo(server.port).upload(formAt(server), file));
  expect(error).toBeInstanceOf(UploadNetworkError);
  expect((error as UploadNetworkError).code).toMatch(/^(ECONNRESET|EPIPE)$/);
  expect(file.stream.destroyed).toBe(true);
});

test.each([
  ['takes nothing', (socket: Socket) => socket.pause()],
  ['takes all and never answers', (socket: Socket) => socket.resume()],
])('a server that %s is given up when nothing has moved for the time allowed', async (_what, accept) => {
  const server = await opened(accepting(accept));
  const file = chunkedFile(400, 65_536);
  const error = await failure(uploaderTo(server.port, 300).upload(formAt(server), file));
  expect(error).toBeInstanceOf(UploadNetworkError);
  expect(error).toMatchObject({ code: 'ETIMEDOUT' });
});

test('an answer that stops in its midst is given up, and counts by its status', async () => {
  const server = await opened(
    answering((response) => {
      response.writeHead(403, { 'content-length': '1000' });
      response.write('<Error><Code>AccessDenied</Code>');
    }),
  );
  const error = await failure(uploaderTo(server.port, 300).upload(formAt(server), uploadFile(Buffer.alloc(10))));
  expect(error).toMatchObject({ status: 403, code: 'AccessDenied' });
});

test('a slow upload that moves takes longer than the time allowed without progress', async () => {
  const server = await opened(answering((response) => response.writeHead(204).end()));
  const pieces = 12;
  const slowly = Readable.from(
    (async function* () {
      for (let n = 0; n < pieces; n += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        yield Buffer.alloc(1000);
      }
    })(),
  );
  const file = uploadFile(Buffer.alloc(pieces * 1000), slowly);
  await uploaderTo(server.port, 600).upload(formAt(server), file);
  expect(server.seen).toHaveLength(1);
});

test('the caller can end an upload', async () => {
  const caller = new AbortController();
  const server = await opened(accepting((socket) => socket.once('data', () => caller.abort())));
  const file = chunkedFile(400, 65_536);
  const error = await failure(uploaderTo(server.port).upload(formAt(server), file, caller.signal));
  expect(error).toMatchObject({ code: 'ABORTED' });
  expect(file.stream.destroyed).toBe(true);
});

test('an error of the document stream comes out as it is', async () => {
  const server = await opened(accepting((socket) => socket.resume()));
  const broken = new Error('the store is down');
  const stream = Readable.from(
    (function* () {
      yield Buffer.alloc(1000);
      throw broken;
    })(),
  );
  const file = { ...uploadFile(Buffer.alloc(0), stream), size: 5000 };
  await expect(failure(uploaderTo(server.port).upload(formAt(server), file))).resolves.toBe(broken);
});

test('a file that is not there is the error of the file, not of the network', async () => {
  const server = await opened(accepting((socket) => socket.resume()));
  const file = uploadFile(Buffer.alloc(10), createReadStream(path.join(os.tmpdir(), 'no-such-file-here')));
  await expect(failure(uploaderTo(server.port).upload(formAt(server), file))).resolves.toMatchObject({
    code: 'ENOENT',
  });
});

test.each([
  ['shorter', chunked(90, 1000)],
  ['longer', chunked(110, 1000)],
  ['other', chunked(100, 1000)],
])('a document that turns out %s than announced is no network error, and is not stored', async (_what, stream) => {
  let stored = false;
  const server = await opened(answering(() => (stored = true)));
  const file = uploadFile(Buffer.alloc(100_000), stream);
  await expect(failure(uploaderTo(server.port).upload(formAt(server), file))).resolves.toBeInstanceOf(
    DocumentChangedError,
  );
  expect(stored).toBe(false);
});

test.each([
  ['A24: sends nothing to a host that is not allowed', 'https://s3.amazonaws.com.evil.example/', 10, /not allowed/],
  ['A18: sends no empty document', null, 0, /empty/],
])('%s', async (_what, url, bytes, message) => {
  const server = await opened(answering((response) => response.end()));
  const file = uploadFile(Buffer.alloc(bytes));
  const form = { ...formAt(server), ...(url === null ? {} : { url }) };
  await expect(uploaderTo(server.port).upload(form, file)).rejects.toThrow(message);
  expect(file.stream.destroyed).toBe(true);
  expect(server.connections()).toBe(0);
});

test('A18: reads no more of a big document than the server takes', async () => {
  const server = await opened(accepting((socket) => socket.pause()));
  let pulled = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        pulled += 65_536;
        yield Buffer.alloc(65_536);
      }
    })(),
    { objectMode: false },
  );
  const file = { ...uploadFile(Buffer.alloc(0), endless), size: 2 ** 30 };
  const error = await failure(uploaderTo(server.port, 300).upload(formAt(server), file));
  expect(error).toMatchObject({ code: 'ETIMEDOUT' });
  // The buffers of the two sockets are the system's, a few MiB.
  expect(pulled).toBeLessThan(32 * 1024 * 1024);
});

test('A24: no error holds the URL, the policy or the signature, however it is printed', async () => {
  const refusing = await opened(
    answering((response) => response.writeHead(403).end(xml('AccessDenied', 'documents/'))),
  );
  const cutting = await opened(answering((response) => response.destroy()));
  for (const server of [refusing, cutting]) {
    const error = await failure(uploaderTo(server.port).upload(formAt(server), uploadFile(Buffer.alloc(10))));
    const printed = `${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)}`;
    expect(printed).not.toMatch(/127\.0\.0\.1|documents\/|0{64}|AWS4|bucket|front\.jpg|axios/);
    expect((error as Error).cause).toBeUndefined();
  }
});
