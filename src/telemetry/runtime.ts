import { ApplicationFailure } from '@temporalio/common';
import {
  makeTelemetryFilterString,
  Runtime,
  type LogLevel,
  type LogMetadata,
  type RuntimeOptions,
} from '@temporalio/worker';
import { ConfigError, type Address } from '../config';
import { BUCKETS } from '../metrics';
import type { Logger } from './logger';

/** What of the SDK's facts tells something, by our names; the rest are tokens, ids of ids and whole error objects. */
const FACTS: Readonly<Record<string, string>> = {
  workflowId: 'verificationId',
  activityType: 'activity',
  activityId: 'activityId',
  attempt: 'attempt',
  taskQueue: 'taskQueue',
  sdkComponent: 'component',
};

/**
 * Sets the process-wide runtime of the SDK: its logs go to our logger in our form, its metrics and ours are served for
 * Prometheus. Once per process, before any worker or connection. Throws `ConfigError` when it can't listen.
 */
export function installRuntime(logger: Logger, metrics: Address): void {
  try {
    Runtime.install(runtimeOptions(logger, metrics));
  } catch {
    throw new ConfigError(`KYC_METRICS_ADDRESS: can't listen at ${metrics.host}:${metrics.port}; choose another`);
  }
}

function runtimeOptions(logger: Logger, metrics: Address): RuntimeOptions {
  return {
    logger: {
      log: (level, message, meta) => write(logger, level, message, meta),
      trace: (message, meta) => write(logger, 'TRACE', message, meta),
      debug: (message, meta) => write(logger, 'DEBUG', message, meta),
      info: (message, meta) => write(logger, 'INFO', message, meta),
      warn: (message, meta) => write(logger, 'WARN', message, meta),
      error: (message, meta) => write(logger, 'ERROR', message, meta),
    },
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      metrics: {
        prometheus: {
          bindAddress: `${metrics.host.includes(':') ? `[${metrics.host}]` : metrics.host}:${metrics.port}`,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
          histogramBucketOverrides: BUCKETS,
        },
      },
    },
  };
}

function write(logger: Logger, given: LogLevel, message: string, meta: LogMetadata = {}): void {
  // What the SDK's workers say of themselves is no event of a verification.
  const level =
    meta.sdkComponent === 'worker' && (given === 'INFO' || /^No \w+ registered/.test(message)) ? 'DEBUG' : given;
  const own = Object.entries(meta)
    .filter(([key, value]) => isOurs(key, meta) && typeof value !== 'object')
    .map(([key, value]): [string, unknown] => [nameOf(key, meta), value]);
  const error: unknown = meta.error;
  logger[LEVELS[level]](
    { ...Object.fromEntries(own), ...(error === undefined ? {} : { ...traced(error), error: described(error) }) },
    message,
  );
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Our own log calls carry only what we put there; the SDK's carry much that is of no use. */
function isOurs(key: string, meta: LogMetadata): boolean {
  return key in FACTS || (meta.sdkComponent !== 'core' && !SDK_KEYS.has(key));
}

/** An attempt of a verification is another thing than one of an activity. */
function nameOf(key: string, meta: LogMetadata): string {
  return key === 'attempt' && 'activityType' in meta ? 'try' : (FACTS[key] ?? key);
}

const SDK_KEYS = new Set([
  'isLocal',
  'namespace',
  'runId',
  'workflowRunId',
  'workflowType',
  'taskToken',
  'error',
  // The whole task of an activity, arguments included.
  'task',
  'taskEncoded',
  'timestamp',
  'timestampNanos',
  'durationMs',
]);

/** Notus's trace-id stands in the words of the failure; as a field it can be searched for. */
function traced(error: unknown): { traceId?: string } {
  const traceId = error instanceof ApplicationFailure ? /\btrace-id ([^\s,.;)]+)/.exec(error.message)?.[1] : undefined;
  return traceId === undefined ? {} : { traceId };
}

/** Failures of ours are worded for people; of any other error only its name and place are safe to show. */
function described(error: unknown): Record<string, unknown> {
  if (error instanceof ApplicationFailure) return { type: error.type, message: error.message };
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.name, frames: frames.slice(0, 8).map((line) => line.trim()) };
}
