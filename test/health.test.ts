import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveHealth } from '../src/telemetry/health';
import type { Check } from '../src/telemetry/health';

const servers: Server[] = [];

afterEach(async () => {
  jest.useRealTimers();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
});

async function serving(checks: Record<string, Check>, host = '127.0.0.1'): Promise<string> {
  const server = await serveHealth({ host, port: 0 }, checks);
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function answer(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

const broken = (): never => {
  throw new Error('the store is full');
};

test('is ready when every check holds, and names them', async () => {
  const url = await serving({ temporal: () => undefined, documentStore: () => Promise.resolve() });
  expect(await answer(`${url}/readyz`)).toEqual({
    status: 200,
    body: { status: 'ok', checks: ['temporal', 'documentStore'] },
  });
});

test('is not ready when any check fails, and says which and why', async () => {
  const url = await serving({
    temporal: () => undefined,
    documentStore: broken,
    workers: () => Promise.reject(new Error('a worker is FAILED')),
  });
  expect(await answer(`${url}/readyz`)).toEqual({
    status: 503,
    body: { status: 'not ready', failed: { documentStore: 'the store is full', workers: 'a worker is FAILED' } },
  });
});

test('asks the checks anew each time', async () => {
  let holds = false;
  const url = await serving({ temporal: () => (holds ? undefined : broken()) });
  expect((await answer(`${url}/readyz`)).status).toBe(503);
  holds = true;
  expect((await answer(`${url}/readyz`)).status).toBe(200);
});

test('lives as long as the process turns, whatever the checks say', async () => {
  const url = await serving({ temporal: broken });
  expect(await answer(`${url}/livez`)).toEqual({ status: 200, body: { status: 'ok' } });
});

test('a check that gives no answer within 5 s counts as failed', async () => {
  let asked: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const url = await serving({
    temporal: () => {
      asked();
      return new Promise(() => undefined);
    },
  });
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  const answered = answer(`${url}/readyz`);
  await isAsked;
  // The time-out begins in the turn after the question.
  await new Promise((resolve) => setImmediate(resolve));
  jest.advanceTimersByTime(5_000);
  expect(await answered).toEqual({
    status: 503,
    body: { status: 'not ready', failed: { temporal: 'no answer within 5 s' } },
  });
});

test('tells which paths there are', async () => {
  const url = await serving({});
  expect(await answer(`${url}/health`)).toEqual({
    status: 404,
    body: { status: 'not found', paths: ['/livez', '/readyz'] },
  });
});

test('listens on an IPv6 address', async () => {
  const url = await serving({}, '::1');
  expect((await answer(`${url}/readyz`)).status).toBe(200);
});

test('names the variable when the address is taken', async () => {
  const url = await serving({});
  const taken = serveHealth({ host: '127.0.0.1', port: Number(new URL(url).port) }, {});
  await expect(taken).rejects.toThrow(/^KYC_HEALTH_ADDRESS: .*EADDRINUSE/);
});
