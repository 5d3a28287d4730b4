import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

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
export function startTracing(env: NodeJS.ProcessEnv): Tracing | null {
  if (!isAskedFor(env)) return null;
  const resource = Resource.default().merge(new Resource({ 'service.name': env.OTEL_SERVICE_NAME || 'kyc-worker' }));
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

function isAskedFor(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  const exporter = env.OTEL_TRACES_EXPORTER?.trim();
  if (exporter) return exporter.split(',').includes('otlp');
  return Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?.trim() || env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim());
}
