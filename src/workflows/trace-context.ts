import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Where Temporal's OpenTelemetry interceptors keep the context of a trace. */
const TRACE_HEADER = '_tracer-data';

/**
 * Hands the trace that a caller started the verification in on to its activities. It makes no span here: spans would
 * draw from the workflow's random numbers and throw on a header that does not decode, and a workflow lasts for days.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let trace: Headers = {};
  return {
    inbound: [
      {
        execute: (input, next) => {
          trace = wellFormed(input.headers);
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...trace } }),
        scheduleLocalActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...trace } }),
      },
    ],
  };
};

/** Callers can send anything; what an activity could not read would fail it again and again. */
function wellFormed(headers: Headers): Headers {
  const given = headers[TRACE_HEADER];
  if (given === undefined) return {};
  try {
    const { traceparent, tracestate } = defaultPayloadConverter.fromPayload<Record<string, unknown>>(given);
    if (typeof traceparent !== 'string' || !/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent))
      return {};
    const isState = typeof tracestate === 'string' && tracestate.length <= LONGEST_STATE;
    const context = { traceparent, ...(isState ? { tracestate } : {}) };
    return { [TRACE_HEADER]: defaultPayloadConverter.toPayload(context) };
  } catch {
    return {};
  }
}

/** What vendors have to carry at least (W3C Trace Context). */
const LONGEST_STATE = 512;
