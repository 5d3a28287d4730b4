import type { Headers } from '@temporalio/common';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { bareTraceOf } from '../trace-header';

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
          trace = bareTraceOf(input.headers);
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
