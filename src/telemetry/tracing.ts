import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { envDetectorSync, Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Logger } from './logger';

export interface Tracing {
  /** Makes each activity a span of the trace that its verification was started in. */
  activityInterceptor: ActivityInterceptorsFactory;
  /** Sends what has not been sent yet. */
  close: () => Promise<void>;
}

/**
 * Begins to send traces by OTLP over HTTP where OpenTelemetry's own variables ask for it (`OTEL_TRACES_EXPORTER=otlp`,
 * or an `OTEL_EXPORTER_OTLP_ENDPOINT`), which also say where to and how many; else gives null. Once per process.
 */
export function startTracing(env: NodeJS.ProcessEnv, logger: Pick<Logger, 'warn'>): Tracing | null {
  if (!isAskedFor(env)) return null;
  diag.setLogger(tellingOnce(logger), { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json';
  if (!protocol.startsWith('http/')) {
    logger.warn({ protocol }, "Traces go out over HTTP alone: lead the OTLP endpoint to the collector's HTTP port");
  }
  const named = Resource.default().merge(new Resource({ 'service.name': 'kyc-worker' }));
  // What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say.
  const resource = named.merge(envDetectorSync.detect());
  const provider = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return {
    activityInterceptor: (context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) }),
    close: () => provider.shutdown(),
  };
}

/** A collector that is down fails with each batch; one line says it, and without OpenTelemetry's own words, which may quote answers. */
function tellingOnce(logger: Pick<Logger, 'warn'>): DiagLogger {
  let told = false;
  const nothing = (): void => undefined;
  const error = (): void => {
    if (!told) logger.warn('Traces can not be sent: check the OTLP endpoint and the collector; told once');
    told = true;
  };
  return { error, warn: nothing, info: nothing, debug: nothing, verbose: nothing };
}

function isAskedFor(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  const exporter = env.OTEL_TRACES_EXPORTER?.trim();
  if (exporter) return exporter.split(',').includes('otlp');
  return Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?.trim() || env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim());
}
