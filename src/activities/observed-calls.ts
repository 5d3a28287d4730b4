import { log } from '@temporalio/activity';
import { SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { NotusClient } from '../notus/client';
import { NotusHttpError, NotusSchemaError, UploadRefusedError } from '../notus/errors';
import type { FormUploader } from '../notus/upload';
import { recordCall, type CallLabels } from './metrics';

type Operation = CallLabels['operation'];

const tracer = trace.getTracer('kyc');

/** The same client, each call counted, timed, logged with Notus's trace-id, and a span of its own where traces are on. */
export function observedNotus(
  notus: Pick<NotusClient, 'createSession' | 'process' | 'getSession'>,
): Pick<NotusClient, 'createSession' | 'process' | 'getSession'> {
  return {
    createSession: (body) => observed('create', () => notus.createSession(body)),
    process: (sessionId, signal) => observed('process', () => notus.process(sessionId, signal)),
    getSession: (sessionId, signal) => observed('get', () => notus.getSession(sessionId, signal)),
  };
}

/** The same uploader, with its uploads observed alike. */
export function observedUploader(
  uploader: Pick<FormUploader, 'allows' | 'upload'>,
): Pick<FormUploader, 'allows' | 'upload'> {
  return {
    allows: (form) => uploader.allows(form),
    upload: (form, file, signal) => observed('upload', () => uploader.upload(form, file, signal)),
  };
}

/** Neither the span nor the log names the URL: that of a form carries its signature, and ids stand in the log already. */
async function observed<T>(operation: Operation, call: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(`notus ${operation}`, { kind: SpanKind.CLIENT }, async (span) => {
    const begin = performance.now();
    const tell = (outcome: unknown, failed: boolean): void => {
      const status = failed ? statusClass(outcome) : '2xx';
      const seconds = (performance.now() - begin) / 1_000;
      recordCall({ operation, status }, seconds);
      const traceId = traceIdOf(outcome);
      log.debug(`Notus ${operation}: ${status}`, { operation, status, seconds: Number(seconds.toFixed(3)), traceId });
      describeSpan(span, { operation, status }, traceId, failed);
    };
    try {
      const answer = await call();
      tell(answer, false);
      return answer;
    } catch (error) {
      tell(error, true);
      throw error;
    } finally {
      span.end();
    }
  });
}

function statusClass(error: unknown): CallLabels['status'] {
  if (error instanceof NotusSchemaError) return '2xx';
  if (!(error instanceof NotusHttpError || error instanceof UploadRefusedError)) return 'none';
  if (error.status >= 500) return '5xx';
  return error.status >= 400 ? '4xx' : '3xx';
}

function traceIdOf(outcome: unknown): string | undefined {
  const { traceId } = (outcome ?? {}) as { traceId?: unknown };
  return typeof traceId === 'string' ? traceId : undefined;
}

function describeSpan(
  span: Span,
  { operation, status }: CallLabels,
  traceId: string | undefined,
  failed: boolean,
): void {
  span.setAttributes({ 'kyc.notus.operation': operation, 'kyc.notus.status': status });
  if (traceId !== undefined) span.setAttribute('kyc.notus.trace_id', traceId);
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
}
