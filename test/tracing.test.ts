import { randomUUID } from 'node:crypto';
import { context, propagation, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { Client, type WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { KycClient, traceInterceptors, type VerificationHandle } from '../src/client';
import { freePort } from '../src/demo/ports';
import { Collector, type Span } from './support/collector';
import { photos, PHOTOS, until, useEndToEnd, type Place } from './support/end-to-end';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

const collectors: Collector[] = [];
afterEach(() => collectors.splice(0).forEach((collector) => collector.close()));

async function collecting(): Promise<Collector> {
  const collector = await Collector.start();
  collectors.push(collector);
  return collector;
}

const tracesTo = (collector: Collector): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_BSP_SCHEDULE_DELAY: '100',
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=staging',
});

/** The client of another service, which has tracing and a connection of its own. */
function tracingClient(place: Place): KycClient {
  const { connection, options } = place.kyc.temporal;
  const interceptors = { workflow: traceInterceptors };
  const client = new Client({ connection, dataConverter: options.dataConverter, interceptors });
  return KycClient.of({ client, taskQueue: place.taskQueue, store: place.store });
}

test(
  "goes from the caller's span through the activities to each call, without personal data or URLs",
  at(async (place) => {
    const provider = new NodeTracerProvider();
    provider.register();
    place.sandbox.use({ name: 'looks', looks: 1 });
    const collector = await collecting();
    await place.startWorker(tracesTo(collector));
    const kyc = tracingClient(place);
    const id = `traced-${randomUUID()}`;
    const documents = await place.putPhotos(id, PHOTOS);

    const tracer = trace.getTracer('another service');
    const person = propagation.createBaggage({ person: { value: 'Exemplo' } });
    const { verification, traceId } = await tracer.startActiveSpan('the caller', async (span) => {
      const start = (): Promise<VerificationHandle> => kyc.start(id, { ...waiting(), documents });
      const started = await context.with(propagation.setBaggage(context.active(), person), start);
      span.end();
      return { verification: started, traceId: span.spanContext().traceId };
    });
    await verification.outcome();

    const { events } = await place.kyc.temporal.workflow.getHandle(id).fetchHistory();
    const headers = (events ?? []).flatMap(
      ({ workflowExecutionStartedEventAttributes: started, activityTaskScheduledEventAttributes: step }) =>
        Object.values((started ?? step)?.header?.fields ?? {}),
    );
    expect(headers.length).toBeGreaterThan(3);
    for (const header of headers) {
      expect(Object.keys(defaultPayloadConverter.fromPayload<object>(header))).toEqual(['traceparent']);
    }

    const named = (name: string): Span[] => collector.spans.filter((span) => span.name === name);
    await until(() => named('notus get').length >= 1 && named('RunActivity:pollResult').length >= 2);
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const parentOf = (span: Span | undefined): string | undefined =>
      collector.spans.find(({ spanId }) => spanId === span?.parentSpanId)?.name;
    expect(parentOf(named('notus create')[0])).toBe('RunActivity:createSession');
    expect(parentOf(named('notus process')[0])).toBe('RunActivity:pollResult');
    expect(parentOf(named('notus get')[0])).toBe('RunActivity:pollResult');
    expect(named('notus upload').map(parentOf)).toEqual(['RunActivity:uploadDocument', 'RunActivity:uploadDocument']);
    expect(collector.bodies.join()).toMatch(/"deployment.environment".{1,30}"staging"/);
    expect(collector.bodies.join()).toMatch(/"service.name".{1,30}"kyc-worker"/);
    expect(collector.bodies.join()).not.toMatch(/Exemplo|15\/01\/1990|12345678909|X-Amz|127\.0\.0\.1:\d+\/|file:\/\//);
    await provider.shutdown();
  }),
);

test(
  'a trace header that is nonsense holds nothing up',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    const collector = await collecting();
    await place.startWorker(tracesTo(collector));
    const nonsense: Payload[] = [
      { metadata: { encoding: Buffer.from('no/encoding') }, data: Buffer.from('{') },
      { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') },
      defaultPayloadConverter.toPayload(null),
      defaultPayloadConverter.toPayload({ traceparent: 7 }),
    ];
    for (const payload of nonsense) {
      const id = `nonsense-${randomUUID()}`;
      const documents = await place.putPhotos(id, PHOTOS);
      const { connection, options } = place.kyc.temporal;
      const nonsenseHeader: WorkflowClientInterceptor = {
        startWithDetails: (input, next) => next({ ...input, headers: { '_tracer-data': payload } }),
      };
      const interceptors = { workflow: [nonsenseHeader] };
      const client = new Client({ connection, dataConverter: options.dataConverter, interceptors });
      const verification = await KycClient.of({ client, taskQueue: place.taskQueue }).start(id, {
        ...waiting(),
        documents,
      });
      expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
    }
  }),
);

test(
  'tells once that the collector can not be reached, and that its protocol is another',
  at(async (place) => {
    place.sandbox.use({ name: 'looks', looks: 1 });
    await place.startWorker({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    });
    expect(place.workerSaid('"protocol":"grpc"')).toBe(true);

    for (const round of [1, 2]) {
      const verification = await place.startWithDocuments(waiting(), photos(round));
      expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
      await until(() => place.workerSaid('Traces can not be sent'));
    }

    expect(place.workerSaid(/Traces can not be sent[^]*Traces can not be sent/)).toBe(false);
  }),
);
