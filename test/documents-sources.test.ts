import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { FolderStore } from '../src/documents/folder-store';
import { DocumentAccess, parseSource } from '../src/documents/sources';
import { temporaryFolder } from './support/temporary-folder';

const INVALID = { name: 'DocumentRefusedError', code: 'InvalidDocuments' };
const UNUSABLE = { name: 'DocumentRefusedError', code: 'DocumentUnusable' };
const UNAVAILABLE = { name: 'DocumentStoreUnavailableError' };

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const storeIn = (folder: string): FolderStore => new FolderStore(join(folder, 'store'));
const accessTo = (...sources: string[]): DocumentAccess =>
  new DocumentAccess(storeIn(temporaryFolder()), sources, { timeoutMs: 200 });

describe('folders', () => {
  test('reads from the store and from the listed folders, and from nowhere else', async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    const listed = join(folder, 'listed');
    mkdirSync(listed);
    writeFileSync(join(listed, 'a.jpg'), 'listed');
    writeFileSync(join(folder, 'b.jpg'), 'secret');
    symlinkSync(join(folder, 'b.jpg'), join(listed, 'link.jpg'));
    const access = new DocumentAccess(store, [` ${pathToFileURL(listed).href}/ `]);
    const { uri } = await store.put('v', Buffer.from('stored'), 100);
    expect((await buffer((await access.open(uri)).stream)).toString()).toBe('stored');
    const fromListed = await access.open(pathToFileURL(join(listed, 'a.jpg')).href);
    expect((await buffer(fromListed.stream)).toString()).toBe('listed');
    for (const path of [join(folder, 'b.jpg'), join(listed, 'link.jpg'), '/etc/passwd', '/dev/zero']) {
      await expect(access.open(pathToFileURL(path).href)).rejects.toMatchObject(INVALID);
    }
    await expect(access.open(pathToFileURL(join(listed, 'c.jpg')).href)).rejects.toMatchObject(UNUSABLE);
  });

  test('deletes from the store, even inside a source, and never from a source', async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    const access = new DocumentAccess(store, [pathToFileURL(folder).href]);
    const { uri } = await store.put('v', Buffer.from('stored'), 100);
    const other = join(folder, 'other.jpg');
    writeFileSync(other, 'kept');
    expect(await access.delete(uri)).toBe(true);
    expect(await access.delete(uri)).toBe(false);
    expect(await access.delete(pathToFileURL(other).href)).toBe(false);
    expect(await access.delete('https://example.com/a.jpg')).toBe(false);
    expect(await access.delete(null as unknown as string)).toBe(false);
    expect(existsSync(other)).toBe(true);
  });

  test('a listed folder that is gone is an outage', async () => {
    const gone = join(temporaryFolder(), 'gone');
    const opened = accessTo(pathToFileURL(gone).href).open(pathToFileURL(join(gone, 'a.jpg')).href);
    await expect(opened).rejects.toMatchObject(UNAVAILABLE);
  });
});

describe('web servers', () => {
  test('streams a document whose length is known', async () => {
    const requests: unknown[] = [];
    const origin = await serve((request, response) => {
      requests.push([request.method, request.url, request.headers['accept-encoding'], request.headers.cookie]);
      response.writeHead(200, { 'content-length': 8 }).end('document');
    });
    const { stream, size } = await accessTo(origin).open(`${origin}/path/a.jpg?version=2`);
    expect(size).toBe(8);
    expect((await buffer(stream)).toString()).toBe('document');
    expect(requests).toEqual([['GET', '/path/a.jpg?version=2', 'identity', undefined]]);
  });

  test.each([
    [404, UNUSABLE, 'is not there'],
    [410, UNUSABLE, 'is not there'],
    [403, UNUSABLE, 'is not there'],
    [401, UNUSABLE, 'status 401'],
    [206, UNUSABLE, 'status 206'],
    [408, UNAVAILABLE, 'status 408'],
    [429, UNAVAILABLE, 'status 429'],
    [500, UNAVAILABLE, 'status 500'],
    [503, UNAVAILABLE, 'status 503'],
  ])('knows a bad document from an outage: %d', async (status, error, text) => {
    const origin = await serve((_, response) => response.writeHead(status, { 'content-length': 3 }).end('abc'));
    const opened = accessTo(origin).open(`${origin}/a.jpg`);
    await expect(opened).rejects.toMatchObject(error);
    await expect(opened).rejects.toThrow(text);
  });

  test('refuses a redirect and does not follow it', async () => {
    const visits: unknown[] = [];
    const origin = await serve((request, response) => {
      visits.push(request.url);
      response.writeHead(302, { location: '/b.jpg', 'content-length': 0 }).end();
    });
    await expect(accessTo(origin).open(`${origin}/a.jpg`)).rejects.toMatchObject(UNUSABLE);
    expect(visits).toEqual(['/a.jpg']);
  });

  test('refuses a document without a length, or with an encoded body', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/encoded') response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': 3 });
      response.end('abc');
      response.flushHeaders();
    });
    const chunked = await serve((_, response) => {
      response.write('abc');
      response.end();
    });
    await expect(accessTo(origin).open(`${origin}/encoded`)).rejects.toMatchObject(UNUSABLE);
    await expect(accessTo(chunked).open(`${chunked}/a.jpg`)).rejects.toMatchObject(UNUSABLE);
  });

  test('takes silence, a stalled body, a cut body and a closed port for an outage', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/silent') return;
      response.writeHead(200, { 'content-length': 10 }).write('half');
      if (request.url === '/cut') response.write('', () => request.socket.destroy());
    });
    const access = accessTo(origin);
    await expect(access.open(`${origin}/silent`)).rejects.toMatchObject(UNAVAILABLE);
    for (const path of ['/stalled', '/cut']) {
      const read = access.open(`${origin}${path}`).then(({ stream }) => buffer(stream));
      await expect(read).rejects.toMatchObject(UNAVAILABLE);
    }
    const closed = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(accessTo(closed).open(`${closed}/a.jpg`)).rejects.toMatchObject(UNAVAILABLE);
  });

  test('keeps an error for the reader when the server cuts before anybody reads', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => request.socket.destroy());
    });
    const { stream } = await accessTo(origin).open(`${origin}/a.jpg`);
    await new Promise((resolve) => stream.once('close', resolve));
    await expect(buffer(stream)).rejects.toMatchObject(UNAVAILABLE);
  });

  test('lets go of the server when the document is not read', async () => {
    let closed: Promise<unknown> | undefined;
    const origin = await serve((request, response) => {
      closed = new Promise((resolve) => request.socket.once('close', resolve));
      response.writeHead(200, { 'content-length': 1_000_000_000 }).write('a');
    });
    const { stream } = await accessTo(origin).open(`${origin}/a.jpg`);
    stream.destroy();
    await closed;
    expect(stream.destroyed).toBe(true);
  });

  test('asks only the listed host and port, by the listed scheme, without credentials', async () => {
    let visits = 0;
    const listener: RequestListener = (_, response) => {
      visits += 1;
      response.end('abc');
    };
    const [origin, other] = [await serve(listener), await serve(listener)];
    const access = accessTo(origin, 'https://files.example.com', 'https://files.example.com:8443');
    const { host } = new URL(origin);
    for (const uri of [
      `${other}/a.jpg`,
      `https://${host}/a.jpg`,
      `http://user:secret@${host}/a.jpg`,
      `http://user@${host}/a.jpg`,
      `http://${host}/a.jpg#part`,
      `http://${host}@example.com/a.jpg`,
      'http://files.example.com/a.jpg',
      'https://files.example.com:444/a.jpg',
      'https://files.example.com.evil.example/a.jpg',
      'https://evil.example/https://files.example.com/a.jpg',
      'https://files.example.com@evil.example/a.jpg',
      'https://',
      'ftp://files.example.com/a.jpg',
      'data:image/png;base64,AAAA',
      's3://bucket/a.jpg',
      'javascript:1',
      'nonsense',
      7 as unknown as string,
      null as unknown as string,
    ]) {
      await expect(access.open(uri)).rejects.toMatchObject(INVALID);
    }
    expect(visits).toBe(0);
  });
});

test('takes folders, https hosts and loopback http as sources', () => {
  expect(parseSource('file:///data/in').contains('file:///data/in/a.jpg')).toBe(true);
  expect(parseSource('https://files.example.com').contains('https://FILES.example.com:443/a.jpg')).toBe(true);
  expect(parseSource('https://files.example.com:8443/').contains('https://files.example.com:8443/a.jpg')).toBe(true);
  for (const loopback of ['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000']) {
    expect(parseSource(loopback).contains(`${loopback}/a.jpg`)).toBe(true);
  }
});

test.each([
  '',
  'nonsense',
  '/data/in',
  'file:///',
  'file://host/dir',
  'http://files.example.com',
  'http://127.0.0.1.example.com',
  'https://files.example.com/path',
  'https://files.example.com?x=1',
  'https://user:secret@files.example.com',
  'ftp://files.example.com',
])('refuses %p as a source with a sentence that does not repeat it', (text) => {
  expect(() => parseSource(text)).toThrow(/^A (document source|folder of documents) is written as file:\/\/\/absolute/);
  expect(() => parseSource(text)).not.toThrow(/secret/);
});

test('takes a bucket or a part of it as a source, and nothing beside it', () => {
  const source = parseSource(' s3://bucket/some/prefix/ ');
  expect(source.contains('s3://bucket/some/prefix/a.jpg')).toBe(true);
  for (const uri of ['s3://bucket/some/prefix-old/a.jpg', 's3://bucket/some/a.jpg', 's3://bucket2/some/prefix/a.jpg']) {
    expect(source.contains(uri)).toBe(false);
  }
  expect(parseSource('s3://bucket').contains('s3://bucket/a.jpg')).toBe(true);
});

test.each([
  's3://',
  's3://b',
  's3:bucket',
  's3://Bucket/x',
  's3://bucket/../x',
  's3://bucket/a//b',
  's3://user@bucket/x',
])('refuses %p as a place on S3 with a sentence', (text) => {
  expect(() => parseSource(text)).toThrow('A place on S3 is written as s3://bucket/prefix');
});
