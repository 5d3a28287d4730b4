import { metricMeter } from '@temporalio/activity';
import type { ProblemCode } from '../contract';
import { COUNTERS, HISTOGRAMS } from '../metrics';

/** Adds to a counter. */
export function count(counter: keyof typeof COUNTERS, labels: { code?: ProblemCode } = {}, by = 1): void {
  const { name, description } = COUNTERS[counter];
  metricMeter.createCounter(name, undefined, description).add(by, labels);
}

/** `status` is the class of the answer's HTTP status, or `none` where no answer came. */
export interface CallLabels {
  operation: 'create' | 'process' | 'get' | 'upload';
  status: '2xx' | '3xx' | '4xx' | '5xx' | 'none';
}

export function recordCall({ operation, status }: CallLabels, seconds: number): void {
  const { name, description } = HISTOGRAMS.call;
  metricMeter.createHistogram(name, 'float', undefined, description).record(seconds, { operation, status });
}
