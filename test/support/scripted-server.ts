import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A request as a scripted server saw it, read to its end. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

export interface ScriptedServer {
  /** Origin without a trailing slash. */
  url: string;
  port: number;
  /** How many connections came. */
  connections: () => number;
  close: () => Promise<void>;
}

export interface ScriptedHttpServer extends ScriptedServer {
  seen: SeenRequest[];
}

/** An HTTP server on a free loopback port that reads each request whole, then answers as told. */
export async function answering(
  answer: (response: http.ServerResponse, request: SeenRequest) => void,
): Promise<ScriptedHttpServer> {
  const seen: SeenRequest[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const whole = { method, path: url, headers, body: Buffer.concat(chunks) };
      seen.push(whole);
      answer(response, whole);
    });
  });
  return { ...(await listening(server)), seen };
}

/** Answers each request with a JSON value. */
export function answeringJson(
  value: unknown,
  status = 200,
  headers: http.OutgoingHttpHeaders = {},
): Promise<ScriptedHttpServer> {
  return answering((response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify(value));
  });
}

/** A TCP server on a free loopback port that does with each connection as told. */
export function accepting(accept: (socket: Socket) => void): Promise<ScriptedServer> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    accept(socket);
  });
  return listening(server);
}

/** A loopback port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await accepting(() => {});
  await server.close();
  return server.port;
}

/** Starts any server on a free loopback port; closing it cuts the connections that are open. */
export async function listening(server: net.Server): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
