import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { adminReply } from './admin';
import { checkMatch } from './admin-input';
import type { Reply } from './answers';
import { errorAnswer, routeNotFound } from './answers';
import { Journal } from './journal';
import type { Handled, Incoming } from './notus-routes';
import { NotusRoutes } from './notus-routes';
import { readBody } from './request-body';
import { s3Refusal } from './s3-answers';
import { S3 } from './s3-policy';
import { receiveUpload } from './s3-route';
import type { Sandbox, SandboxOptions } from './sandbox';
import { resolveScenario } from './scenarios';
import { describeSession } from './sessions';
import type { Change, SandboxCall } from './state';
import { State } from './state';

export type { Sandbox, SandboxOptions } from './sandbox';
export type { Scenario } from './scenario';
export type { SandboxSession } from './sessions';
export type { SandboxCall } from './state';

const MINUTE_MS = 60_000;
const API = '/api/v1';
const SESSIONS = `${API}/kyc/individual-verification-sessions/standard`;

/** Starts a stand-in for the Notus identity API and the S3 its forms lead to; rejects when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', port = 0, profile = 'seed', apiKey = 'sandbox-key', now = Date.now } = options;
  const { sessionLifetimeMs = 15 * MINUTE_MS, formLifetimeMs = 10 * MINUTE_MS } = options;
  const { s3Url = null, maxRequestsPerSecond = null } = options;
  const state = new State(apiKey, now);
  const journal =
    options.dataFile === undefined ? null : Journal.open(options.dataFile, (entry) => state.replay(entry as Change));
  const routes = new NotusRoutes(state, {
    profile,
    sessionLifetimeMs,
    formLifetimeMs,
    s3Url,
    maxRequestsPerSecond,
  });

  const save = async (): Promise<void> => {
    const change = state.takeChange();
    if (journal !== null && Object.keys(change).length > 0) await journal.append(change);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = new Date(state.now()).toISOString();
    const path = request.url ?? '/';
    if (path === '/' || path.startsWith('/sandbox')) {
      const reply = await adminReply(request, path, sandbox);
      await save();
      return send(reply, request, response, state.now());
    }
    const act = await route(request, path, routes, state);
    // From here to `save` nothing may wait, or the changes of two calls would mix.
    const handled = act();
    const call = state.record(describeCall(request, handled, at, state.apiKey));
    await save();
    options.onCall?.(call);
    if (handled.delayMs !== undefined) await pause(handled.delayMs);
    send(handled.reply, request, response, state.now());
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => {
      // A client that hangs up half-way is no failure of ours; for all else a 500 tells that something is wrong.
      if (!response.headersSent) send(errorAnswer(500, 'get'), request, response, state.now());
    });
  });
  // Longer than any client keeps an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 2 * MINUTE_MS;
  server.headersTimeout = 3 * MINUTE_MS;
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  } catch (error) {
    await journal?.close();
    throw error;
  }
  const url = `http://${hostOfUrl(host)}:${(server.address() as AddressInfo).port}`;

  const sandbox: Sandbox = {
    url,
    apiUrl: `${url}${API}`,
    get apiKey() {
      return state.apiKey;
    },
    calls: (filter = {}) => {
      const wanted = Object.entries(filter) as [keyof SandboxCall, unknown][];
      return state.calls.filter((call) => wanted.every(([name, value]) => call[name] === value));
    },
    sessions: (documentId) => {
      const chosen = documentId === undefined ? [...state.sessions.values()] : state.sessionsOf(documentId);
      return chosen.map((session) => describeSession(session, state.now(), sessionLifetimeMs));
    },
    use: (scenario, match = {}) => {
      checkMatch(match);
      state.addRule(resolveScenario(scenario), match);
      void save();
    },
    advance: (ms) => {
      state.advance(ms);
      void save();
    },
    setApiKey: (key) => {
      state.setApiKey(key);
      void save();
    },
    complete: (sessionId, status) => {
      state.decide(sessionId, status);
      void save();
    },
    reset: () => {
      state.reset();
      void save();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await journal?.close();
    },
  };
  return sandbox;
}

/** Reads a request to its end and gives what is to be done for it. */
async function route(
  request: IncomingMessage,
  path: string,
  routes: NotusRoutes,
  state: State,
): Promise<() => Handled> {
  const { method = 'GET' } = request;
  const { pathname } = new URL(path, 'http://sandbox');
  const incoming: Incoming = {
    origin: `http://${request.headers.host}`,
    path,
    apiKey: request.headers['x-api-key'] as string | undefined,
  };
  if (pathname === `/${S3.bucket}` && method === 'POST') {
    const upload = await receiveUpload(request, () => state.now());
    return () => routes.upload(incoming, upload);
  }
  const body = await readBody(request);
  if (pathname.startsWith(`/${S3.bucket}/`)) return () => nothing(NO_SUCH_KEY);
  if ('refusal' in body) return () => nothing(body.refusal);
  const { value } = body;
  const [, sessionId, action] = new RegExp(`^${SESSIONS}/([^/]+)(/process)?$`).exec(pathname) ?? [];
  if (method === 'POST' && pathname === SESSIONS) return () => routes.create(incoming, value);
  if (method === 'POST' && sessionId !== undefined && action) return () => routes.process(incoming, sessionId);
  if (method === 'GET' && sessionId !== undefined && !action) return () => routes.get(incoming, sessionId);
  if (method === 'POST' && pathname === `${API}/admin/kyc/verification-sessions/document-urls`) {
    return () => routes.documentUrls(incoming, value);
  }
  return () => nothing(routeNotFound(method, path));
}

const NO_SUCH_KEY = s3Refusal({ status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' });

function nothing(reply: Reply): Handled {
  const about = { sessionId: null, documentId: null, side: null, scenario: null, sha256: null };
  return { operation: 'other', ...about, reply, effect: null };
}

function describeCall(
  request: IncomingMessage,
  handled: Handled,
  at: string,
  apiKey: string,
): Omit<SandboxCall, 'seq'> {
  const { operation, sessionId, side, documentId, scenario, effect, sha256, reply } = handled;
  const status = reply.kind === 'answer' ? reply.status : null;
  const { method = 'GET', url = '/' } = request;
  const about = { sessionId, side, documentId, status, scenario, effect, sha256 };
  return { at, operation, method, path: url, ...about, headers: withoutKey(request.headers, apiKey) };
}

function withoutKey(headers: IncomingHttpHeaders, apiKey: string): Record<string, string> {
  const texts = Object.entries(headers).map(([name, value]) => {
    if (name === 'x-api-key') return [name, value === apiKey ? '<given>' : '<wrong>'];
    return [name, String(value)];
  });
  return Object.fromEntries(texts) as Record<string, string>;
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse, nowMs: number): void {
  if (reply.kind === 'reset') request.socket.resetAndDestroy();
  if (reply.kind !== 'answer') return;
  const length = reply.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(reply.body)) };
  response.writeHead(reply.status, { date: new Date(nowMs).toUTCString(), ...reply.headers, ...length });
  response.end(reply.body);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function hostOfUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
