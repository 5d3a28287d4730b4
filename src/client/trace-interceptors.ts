import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { Headers } from '@temporalio/common';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry';
import { withBareTrace } from '../trace-header';

const bare = <Input extends { headers: Headers }>(input: Input): Input => ({
  ...input,
  headers: withBareTrace(input.headers),
});

/** Every call that carries headers. */
const withoutBaggage: WorkflowClientInterceptor = {
  startWithDetails: (input, next) => next(bare(input)),
  signal: (input, next) => next(bare(input)),
  signalWithStart: (input, next) => next(bare(input)),
  query: (input, next) => next(bare(input)),
  startUpdate: (input, next) => next(bare(input)),
  startUpdateWithStart: (input, next) =>
    next({
      ...input,
      workflowStartHeaders: withBareTrace(input.workflowStartHeaders),
      updateHeaders: withBareTrace(input.updateHeaders),
    }),
};

/**
 * For the `interceptors.workflow` of a `Client`: makes each call a span and sends its trace on, and nothing else of
 * what OpenTelemetry would put into a header in clear. Does nothing in a service without an OpenTelemetry SDK.
 */
export const traceInterceptors: WorkflowClientInterceptor[] = [
  new OpenTelemetryWorkflowClientInterceptor(),
  withoutBaggage,
];
