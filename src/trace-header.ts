import { defaultPayloadConverter, type Headers } from '@temporalio/common';

/** Where Temporal's OpenTelemetry interceptors keep the context of a trace; headers are never encrypted. */
const TRACE_HEADER = '_tracer-data';

/** What vendors have to carry at least (W3C Trace Context). */
const LONGEST_STATE = 512;

/**
 * The headers with nothing but ids in the one of the trace: OpenTelemetry puts `baggage` beside them, which may hold
 * anything about a person. A trace that can't be read is left out, since it would fail each activity that tries.
 */
export function withBareTrace(headers: Headers): Headers {
  const { [TRACE_HEADER]: given, ...others } = headers;
  return { ...others, ...bareTrace(given) };
}

/** Only the header of the trace, reduced in the same way; none if there is no trace. */
export function bareTraceOf({ [TRACE_HEADER]: given }: Headers): Headers {
  return bareTrace(given);
}

function bareTrace(given: Headers[string] | undefined): Headers {
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
