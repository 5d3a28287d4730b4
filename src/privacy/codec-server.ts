import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gate } from './codec-access';
import { decodePayloads, encodePayloads, jsonPayloads } from './json-payloads';
import type { KeyRing } from './key-ring';

/** One call, as it is written down: who asked for what, and never what was in it. */
export interface CodecCall {
  /** Null for somebody who was not let in. */
  who: string | null;
  namespace: string | null;
  path: string;
  origin: string | null;
  payloads: number;
  status: number;
  /** Why it was refused. */
  reason?: string;
}

export interface CodecServerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  keys: KeyRing;
  /** The exact origins of the UIs that are answered. */
  origins: ReadonlySet<string>;
  gate: Gate;
  /** Demands a known Origin and a Host that is this very address, because nothing else keeps strangers' pages out. */
  strict: boolean;
  /** How long a call may take to arrive, in milliseconds; default 30 s. */
  withinMs?: number;
  audit: (call: CodecCall) => void;
}

export interface CodecServer {
  url: string;
  /** Answers what is under way, then ends. */
  close: () => Promise<void>;
}

const LONGEST_BODY = 16 * 1024 * 1024;
const WITHIN_MS = 30_000;
/** Node looks for calls that are late no more often than this, by default each 30 s. */
const LATE_LOOKED_FOR_EVERY_MS = 1_000;
/** Browsers keep connections open that ask nothing; below the second in which a `kyc` command must end. */
const CLOSE_WITHIN_MS = 500;
const WORK = { '/decode': decodePayloads, '/encode': encodePayloads } as const;

/** Why a call is not answered as asked. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Decrypts and encrypts for the Temporal UI and the `temporal` command, by their contract for codec servers. */
export async function startCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  const { host, port, withinMs = WITHIN_MS } = options;
  const server = http.createServer({
    requestTimeout: withinMs,
    headersTimeout: withinMs / 3,
    connectionsCheckingInterval: LATE_LOOKED_FOR_EVERY_MS,
  });
  server.on('request', (request, response) => void answer(options, request, response));
  server.listen(port, host);
  await once(server, 'listening');
  const { port: ownPort } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${ownPort}`, close: () => closeServer(server) };
}

async function answer(
  options: CodecServerOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const { origin = null } = request.headers;
  const path = request.url?.split('?')[0] ?? '';
  const call: CodecCall = { who: null, namespace: namespaceOf(request), path, origin, payloads: 0, status: 500 };
  let body: unknown;
  try {
    demandPlace(options, request);
    response.setHeader('vary', 'Origin');
    if (origin !== null) response.setHeader('access-control-allow-origin', origin);
    if (request.method === 'OPTIONS') {
      // No data go with it, and browsers send one before each call.
      allow(response).writeHead(204).end();
      return;
    }
    body = { payloads: await work(options, request, call) };
    call.status = 200;
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, 'The codec server failed.');
    Object.assign(call, { status: refusal.status, reason: refusal.message });
    body = { error: refusal.message };
    // What was not read of the body would be taken for the next call.
    response.setHeader('connection', 'close');
  }
  options.audit(call);
  response.writeHead(call.status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function work(
  { gate, keys }: CodecServerOptions,
  request: http.IncomingMessage,
  call: CodecCall,
): Promise<unknown[]> {
  const { path, namespace } = call;
  if (path !== '/decode' && path !== '/encode') throw new Refusal(404, 'There are /decode and /encode.');
  if (request.method !== 'POST') throw new Refusal(405, 'Only POST is answered.');
  if (namespace === null) throw new Refusal(400, 'The header X-Namespace must name the namespace.');
  const access = await gate(request.headers.authorization, namespace);
  if ('reason' in access) throw new Refusal(access.status, access.reason);
  call.who = access.who;
  const { payloads } = parsed(await readBody(request));
  call.payloads = payloads.length;
  return WORK[path](payloads, keys, namespace);
}

function demandPlace({ host: ownHost, origins, strict }: CodecServerOptions, request: http.IncomingMessage): void {
  const { origin, host } = request.headers;
  if (origin !== undefined && !origins.has(origin)) {
    throw new Refusal(403, 'KYC_CODEC_ORIGINS does not name the origin of this page.');
  }
  if (!strict) return;
  if (origin === undefined) throw new Refusal(403, 'Without tokens only the pages of KYC_CODEC_ORIGINS are answered.');
  const { localPort } = request.socket;
  const names = ['127.0.0.1', 'localhost', '[::1]', ownHost].map((name) => `${name}:${localPort}`);
  // A page of another name that leads to this machine would send its own.
  if (host === undefined || !names.includes(host)) throw new Refusal(403, 'This server is called by another name.');
}

function namespaceOf({ headers }: http.IncomingMessage): string | null {
  const given = headers['x-namespace'];
  return typeof given === 'string' && given !== '' ? given : null;
}

function allow(response: http.ServerResponse): http.ServerResponse {
  return response
    .setHeader('access-control-allow-methods', 'POST')
    .setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization, authorization-extras')
    .setHeader('access-control-max-age', '600');
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const tooLarge = new Refusal(413, `The body is larger than ${LONGEST_BODY} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_BODY) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(body: string): ReturnType<typeof jsonPayloads.parse> {
  try {
    return jsonPayloads.parse(JSON.parse(body));
  } catch {
    throw new Refusal(400, 'The body must be {"payloads":[{"metadata":{…},"data":"…"}]}, with values as base64.');
  }
}

async function closeServer(server: http.Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
  await closed;
  clearTimeout(timer);
}
