import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import axios from 'axios';
import type { AxiosInstance, AxiosResponse } from 'axios';
import type { z } from 'zod';
import { clockLeadMs, networkCode, parseJson, readBody, retryAfterMs, traceIdOf } from './answers';
import type { Body } from './answers';
import { Deadline } from './deadline';
import { NotusHttpError, NotusNetworkError, NotusSchemaError } from './errors';
import type { Operation } from './errors';
import { formLimits } from './policy';
import { createdSchema, errorSchema, isSessionId, readIssues, sessionSchema, whatIsWrong } from './schemas';
import { SentWatch } from './sent-watch';

export interface NotusClientOptions {
  /** Such as `https://api.notus.team/api/v1`. */
  baseUrl: string;
  apiKey: string;
  /** For one call as a whole, from the name look-up to the last byte of the answer. */
  timeoutMs: number;
  /** Longer answers are refused unread. Default 1 MiB; Notus's are 2 KiB. */
  maxAnswerBytes?: number;
}

/** A form that S3 takes one document with. */
export interface PresignedForm {
  url: string;
  /** In the order they came, to be sent untouched. */
  fields: Record<string, string>;
  /** ISO time by this machine's clock: the policy's own expiration, corrected by the answer's `Date`. */
  expiresAt: string;
  /** The biggest document the form takes. */
  maxBytes: number;
}

export interface CreatedSession {
  sessionId: string;
  status: string;
  front: PresignedForm;
  /** Null when Notus wants no back side. */
  back: PresignedForm | null;
  traceId: string | null;
}

export interface SessionAnswer {
  /** `PENDING`, `PROCESSING`, `VERIFYING`, `COMPLETED`, `FAILED`, `EXPIRED`, or one that is not documented. */
  status: string;
  /** Undefined when the answer lacks the key (Notus's older answer), null until the session is approved. */
  individualId: string | null | undefined;
  traceId: string | null;
}

/** What an answer told of Notus's clock. */
export interface ClockReading {
  /** Milliseconds that it is ahead of this machine's; below 0 it is behind. */
  leadMs: number;
  /** Milliseconds since the epoch at which the answer came. */
  at: number;
}

const SESSIONS = '/kyc/individual-verification-sessions/standard';

/** Idle connections are closed before a server or proxy is likely to drop them. */
const POOL = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16, timeout: 15_000 };

/** A pooled connection may have died unseen, and a create lost on it could not be told from one that was done. */
const FRESH = { keepAlive: false };

/** An answer that came, whatever its status. */
interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: Body;
  receivedAt: number;
}

interface Call {
  operation: Operation;
  method: 'GET' | 'POST';
  path: string;
  json?: Record<string, unknown>;
  signal?: AbortSignal;
}

/**
 * The Notus API, one method an endpoint. Each method is one HTTP call: it never retries and follows no redirect,
 * and fails as `NotusHttpError`, `NotusNetworkError` or `NotusSchemaError`.
 */
export class NotusClient {
  /** By the newest answer; null before the first one. */
  clock: ClockReading | null = null;
  private readonly http: AxiosInstance;
  private readonly timeoutMs: number;
  private readonly maxAnswerBytes: number;
  private readonly pooled = { httpAgent: new http.Agent(POOL), httpsAgent: new https.Agent(POOL) };
  private readonly fresh = { httpAgent: new http.Agent(FRESH), httpsAgent: new https.Agent(FRESH) };

  constructor({ baseUrl, apiKey, timeoutMs, maxAnswerBytes = 1024 * 1024 }: NotusClientOptions) {
    this.timeoutMs = timeoutMs;
    this.maxAnswerBytes = maxAnswerBytes;
    this.http = axios.create({
      baseURL: baseUrl,
      allowAbsoluteUrls: false,
      maxRedirects: 0,
      // A proxy named in the environment would be handed the key, and would blur what "connection refused" means.
      proxy: false,
      // The status is there before the body, so that a cut body does not hide it.
      responseType: 'stream',
      // Answers are small, and a compressed one could be of any size.
      decompress: false,
      headers: { 'x-api-key': apiKey, Accept: 'application/json', 'Accept-Encoding': 'identity' },
      validateStatus: () => true,
    });
  }

  /** Opens a session. The body is sent as it is. There is no idempotency key: each call that arrives opens another. */
  async createSession(body: Record<string, unknown>): Promise<CreatedSession> {
    const answer = await this.call({ operation: 'create', method: 'POST', path: SESSIONS, json: body });
    const { id, status, front, back } = this.parse('create', answer, createdSchema);
    const lead = clockLeadMs(answer.headers, answer.receivedAt);
    const presigned = (form: typeof front): PresignedForm => {
      const { expiresAt, maxBytes } = formLimits(form.fields, answer.receivedAt + lead);
      return { ...form, expiresAt: new Date(expiresAt - lead).toISOString(), maxBytes };
    };
    return {
      sessionId: id,
      status,
      front: presigned(front),
      back: back && presigned(back),
      traceId: traceIdOf(answer.headers),
    };
  }

  /** Asks Notus to judge the uploaded documents. Any 2xx is success, its body is ignored: Notus gives an empty 204. */
  async process(sessionId: string, signal?: AbortSignal): Promise<{ traceId: string | null }> {
    const path = `${pathOf(sessionId)}/process`;
    const { headers } = await this.call({ operation: 'process', method: 'POST', path, signal });
    return { traceId: traceIdOf(headers) };
  }

  /** Looks at a session. */
  async getSession(sessionId: string, signal?: AbortSignal): Promise<SessionAnswer> {
    const answer = await this.call({ operation: 'get', method: 'GET', path: pathOf(sessionId), signal });
    return { ...this.parse('get', answer, sessionSchema), traceId: traceIdOf(answer.headers) };
  }

  /** Closes the idle connections; calls in flight fail. */
  close(): void {
    for (const agents of [this.pooled, this.fresh]) {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    }
  }

  /** One exchange; gives the 2xx answer, throws for any other end. */
  private async call({ operation, method, path, json, signal }: Call): Promise<Answer> {
    const deadline = new Deadline(this.timeoutMs, signal);
    const watch = new SentWatch();
    try {
      const response = await this.http.request<Readable>({
        method,
        url: path,
        data: json && Buffer.from(JSON.stringify(json)),
        headers: { 'Content-Type': json ? 'application/json' : false },
        signal: deadline.signal,
        transport: watch.transport,
        ...(operation === 'create' ? this.fresh : this.pooled),
      });
      const answer = await this.receive(response);
      if (answer.status < 200 || answer.status > 299) throw httpError(operation, answer, json);
      const { cut } = answer.body;
      if (cut !== null && cut !== 'too long' && operation !== 'process') throw cut.error;
      return answer;
    } catch (error) {
      if (error instanceof NotusHttpError) throw error;
      throw new NotusNetworkError(operation, deadline.code ?? networkCode(error), watch.sent);
    } finally {
      deadline.release();
    }
  }

  private async receive({ status, headers, data }: AxiosResponse<Readable>): Promise<Answer> {
    const receivedAt = Date.now();
    if (headers.date) this.clock = { leadMs: clockLeadMs(headers, receivedAt), at: receivedAt };
    return { status, headers, receivedAt, body: await readBody(data, this.maxAnswerBytes) };
  }

  private parse<T>(operation: Operation, answer: Answer, schema: z.ZodType<T>): T {
    const { body, status } = answer;
    const wrong = (reason: string): NotusSchemaError =>
      new NotusSchemaError(operation, status, reason, traceIdOf(answer.headers));
    if (body.cut === 'too long') throw wrong(`it is longer than ${this.maxAnswerBytes} bytes`);
    const json = parseJson(body.text);
    if (json === undefined) throw wrong(body.text === '' ? 'it is empty' : 'it is no JSON');
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw wrong(whatIsWrong(parsed.error));
    return parsed.data;
  }
}

function pathOf(sessionId: string): string {
  if (!isSessionId(sessionId))
    throw new TypeError('The session id is empty or holds characters that no path may have.');
  return `${SESSIONS}/${encodeURIComponent(sessionId)}`;
}

function httpError(operation: Operation, answer: Answer, request: unknown): NotusHttpError {
  const error = errorSchema.safeParse(parseJson(answer.body.text)).data;
  return new NotusHttpError({
    operation,
    status: answer.status,
    id: error?.id ?? null,
    issues: answer.status === 400 ? readIssues(error?.errors ?? [], request) : [],
    traceId: traceIdOf(answer.headers, error?.traceId),
    retryAfterMs: retryAfterMs(answer.headers, answer.receivedAt),
  });
}
