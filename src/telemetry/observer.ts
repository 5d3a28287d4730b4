import type { MetricMeter } from '@temporalio/common';
import { GAUGES } from '../metrics';
import { failuresOf, type Check } from './health';

export interface Observed {
  meter: MetricMeter;
  checks: Record<string, Check>;
  /** How many verifications run in each stage; throws while Temporal can't tell. */
  openByStage: () => Promise<Record<string, number>>;
  stages: readonly string[];
  /** How far another clock is from this machine's; null while it is not known. */
  clockLeadMs: () => number | null;
  /** When each one ends, by the name that the gauge shows. */
  certificateEnds: Record<string, Date>;
}

const LOOK_EVERY_MS = 15_000;

/** Looks at what no single verification can tell, and sets the gauges; gives what stops it. */
export function observe(observed: Observed): () => void {
  const gauge = (of: keyof typeof GAUGES): ReturnType<MetricMeter['createGauge']> =>
    observed.meter.createGauge(GAUGES[of].name, 'float', undefined, GAUGES[of].description);
  const [open, check, clockSkew, certificate] = [
    gauge('open'),
    gauge('check'),
    gauge('clockSkew'),
    gauge('certificate'),
  ];

  for (const [name, end] of Object.entries(observed.certificateEnds)) {
    certificate.set(end.getTime() / 1_000, { certificate: name });
  }

  const look = async (): Promise<void> => {
    const failed = await failuresOf(observed.checks);
    for (const name of Object.keys(observed.checks)) check.set(name in failed ? 0 : 1, { check: name });
    clockSkew.set(Math.abs(observed.clockLeadMs() ?? 0) / 1_000);
    // What is not known must not look like what was known last.
    const known = await observed.openByStage().catch((): Record<string, number> => ({}));
    for (const stage of observed.stages) open.set(known[stage] ?? NaN, { stage });
  };

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const goOn = (): void => {
    void look().finally(() => {
      if (!stopped) timer = setTimeout(goOn, LOOK_EVERY_MS);
    });
  };
  goOn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
