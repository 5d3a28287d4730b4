import { once } from 'node:events';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { NotusClient } from '../src/notus/client';
import { NotusNetworkError } from '../src/notus/errors';
import { CREATE_BODY, sessionAnswer } from './support/notus-answers';
import { accepting, answering, closedPort, listening } from './support/scripted-server';
import type { ScriptedServer } from './support/scripted-server';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function clientOf(baseUrl: string, timeoutMs = 10_000): NotusClient {
  const client = new NotusClient({ baseUrl, apiKey: 'key', timeoutMs });
  closers.push(() => client.close());
  return client;
}

async function opened<T extends ScriptedServer>(server: Promise<T>): Promise<T> {
  const open = await server;
  closers.push(open.close);
  return open;
}

async function networkFailure(call: Promise<unknown>): Promise<NotusNetworkError> {
  const error = await call.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotusNetworkError);
  return error as NotusNetworkError;
}

describe('surely not sent', () => {
  test('a refused connection', async () => {
    const error = await networkFailure(clientOf(`http://127.0.0.1:${await closedPort()}`).createSession(CREATE_BODY));
    expect(error).toMatchObject({ operation: 'create', code: 'ECONNREFUSED', sent: 'no' });
    expect(error.message).toContain('was not sent');
  });

  test('a name that does not resolve', async () => {
    const error = await networkFailure(clientOf('http://nowhere.invalid').createSession(CREATE_BODY));
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(error.code);
    expect(error.sent).toBe('no');
  });

  test('a server that does not speak TLS', async () => {
    const server = await opened(accepting((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const error = await networkFailure(clientOf(`https://127.0.0.1:${server.port}`).createSession(CREATE_BODY));
    expect(error.sent).toBe('no');
  });

  test('a server that resets in the midst of the TLS handshake', async () => {
    const server = await opened(accepting((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const error = await networkFailure(clientOf(`https://127.0.0.1:${server.port}`).createSession(CREATE_BODY));
    expect(error).toMatchObject({ code: 'ECONNRESET', sent: 'no' });
  });

  test('a TLS handshake that fails', async () => {
    const server = await opened(listening(tls.createServer({})));
    const error = await networkFailure(clientOf(`https://127.0.0.1:${server.port}`).createSession(CREATE_BODY));
    expect(error.sent).toBe('no');
    expect(error.code).toMatch(/SSL|TLS|EPROTO/);
  });

  test('time that is up during the TLS handshake', async () => {
    const server = await opened(accepting(() => {}));
    const error = await networkFailure(clientOf(`https://127.0.0.1:${server.port}`, 200).createSession(CREATE_BODY));
    expect(error).toMatchObject({ code: 'ETIMEDOUT', sent: 'no' });
  });

  test('a call that was ended before it began', async () => {
    const server = await opened(answering((response) => response.end()));
    const error = await networkFailure(clientOf(server.url).process('s-1', AbortSignal.abort()));
    expect(error).toMatchObject({ operation: 'process', code: 'ABORTED', sent: 'no' });
    expect(server.seen).toHaveLength(0);
  });
});

describe('perhaps sent', () => {
  test('a server that resets at the first bytes', async () => {
    const server = await opened(accepting((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const error = await networkFailure(clientOf(server.url).createSession(CREATE_BODY));
    expect(error).toMatchObject({ code: 'ECONNRESET', sent: 'perhaps' });
    expect(error.message).toContain('may have received');
  });

  test('a server that accepts and closes', async () => {
    const server = await opened(accepting((socket) => socket.end()));
    const error = await networkFailure(clientOf(server.url).createSession(CREATE_BODY));
    expect(error.sent).toBe('perhaps');
  });

  test('a server that reads the request and closes', async () => {
    const server = await opened(answering((response) => response.destroy()));
    const error = await networkFailure(clientOf(server.url).createSession(CREATE_BODY));
    expect(error).toMatchObject({ code: 'ECONNRESET', sent: 'perhaps' });
    expect(server.seen).toHaveLength(1);
  });

  test('a server that never answers', async () => {
    const server = await opened(accepting((socket) => socket.resume()));
    const error = await networkFailure(clientOf(server.url, 200).process('s-1'));
    expect(error).toMatchObject({ operation: 'process', code: 'ETIMEDOUT', sent: 'perhaps' });
  });

  test('an answer that stops in its midst until the time is up', async () => {
    const server = await opened(
      answering((response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"session":');
      }),
    );
    const error = await networkFailure(clientOf(server.url, 200).getSession('s-1'));
    expect(error).toMatchObject({ operation: 'get', code: 'ETIMEDOUT', sent: 'perhaps' });
  });

  test('an answer that trickles for longer than the call may take', async () => {
    const server = await opened(
      answering((response) => {
        const trickle = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(trickle));
      }),
    );
    const error = await networkFailure(clientOf(server.url, 300).createSession(CREATE_BODY));
    expect(error).toMatchObject({ code: 'ETIMEDOUT', sent: 'perhaps' });
  });

  test('an answer that is cut off', async () => {
    const server = await opened(
      answering((response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"session":', () => response.destroy());
      }),
    );
    const error = await networkFailure(clientOf(server.url).createSession(CREATE_BODY));
    expect(error).toMatchObject({ code: 'ECONNRESET', sent: 'perhaps' });
  });

  test('an answer that is no HTTP', async () => {
    const server = await opened(accepting((socket) => socket.end('220 mail.example.com ESMTP\r\n')));
    const error = await networkFailure(clientOf(server.url).createSession(CREATE_BODY));
    expect(error.sent).toBe('perhaps');
    expect(error.code).toMatch(/^HPE_/);
  });

  test('a call that was ended while it waited', async () => {
    const caller = new AbortController();
    const server = await opened(answering(() => caller.abort()));
    const error = await networkFailure(clientOf(server.url).getSession('s-1', caller.signal));
    expect(error).toMatchObject({ code: 'ABORTED', sent: 'perhaps' });
  });

  test('a kept connection that the server drops at the next request', async () => {
    const sockets = new Set<Socket>();
    const server = await opened(
      answering((response, { path }) => {
        if (path.endsWith('/process')) return response.socket?.resetAndDestroy();
        if (response.socket) sockets.add(response.socket);
        return response.end(JSON.stringify({ session: sessionAnswer() }));
      }),
    );
    const client = clientOf(server.url);
    await client.getSession('s-1');
    await expect(networkFailure(client.process('s-1'))).resolves.toMatchObject({ code: 'ECONNRESET', sent: 'perhaps' });
    expect(server.connections()).toBe(1);
  });
});

test('a create gets a connection of its own, so that a dead kept one cannot make it ambiguous', async () => {
  const server = await opened(answering((response) => response.end(JSON.stringify({ session: sessionAnswer() }))));
  const client = clientOf(server.url);
  await client.getSession('s-1');
  await client.createSession(CREATE_BODY).catch(() => {});
  expect(server.connections()).toBe(2);
});

test('a proxy named in the environment is not used', async () => {
  const proxy = await opened(accepting((socket) => socket.destroy()));
  const server = await opened(answering((response) => response.writeHead(204).end()));
  process.env['http_proxy'] = proxy.url;
  try {
    await clientOf(server.url).process('s-1');
  } finally {
    delete process.env['http_proxy'];
  }
  expect(proxy.connections()).toBe(0);
});

test('close ends the kept connections', async () => {
  let kept: Socket | null = null;
  const server = await opened(
    answering((response) => {
      kept = response.socket;
      response.end(JSON.stringify({ session: sessionAnswer() }));
    }),
  );
  const client = clientOf(server.url);
  await client.getSession('s-1');
  const closed = once(kept as unknown as Socket, 'close');
  client.close();
  await closed;
});
