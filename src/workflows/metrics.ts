import { metricMeter } from '@temporalio/workflow';
import type { OutcomeName, ProblemCode, Stage } from '../contract';
import { COUNTERS, HISTOGRAMS } from '../metrics';

/** Adds to a counter; nothing is counted again when the history is replayed. */
export function count(
  counter: keyof typeof COUNTERS,
  labels: { outcome?: OutcomeName | 'failed' | 'cancelled'; reason?: OpeningReason; code?: ProblemCode } = {},
  by = 1,
): void {
  const { name, description } = COUNTERS[counter];
  metricMeter.createCounter(name, undefined, description).add(by, labels);
}

/** Why a session was opened: the verification's first one, one for another attempt, one in place of one that died. */
export type OpeningReason = 'first' | 'attempt' | 'renewal';

export function recordStage(stage: Stage, milliseconds: number): void {
  record('stage', milliseconds, { stage });
}

export function recordDecision(milliseconds: number, decision: 'approved' | 'rejected' | 'expired'): void {
  record('decision', milliseconds, { decision });
}

function record(histogram: keyof typeof HISTOGRAMS, milliseconds: number, labels: Record<string, string>): void {
  const { name, description } = HISTOGRAMS[histogram];
  // The clock of a workflow may be set back when its worker changes.
  const seconds = Math.max(0, milliseconds) / 1_000;
  metricMeter.createHistogram(name, 'float', undefined, description).record(seconds, labels);
}
