import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import { joined, type Benchmark, type Figure, type Measured, type Plot, type Settings } from '../measurement';
import { cpuOf } from '../process-facts';
import { median, percentile } from '../statistics';
import { delaysOf } from './latency';

const RATES = [2, 4, 6, 8, 10, 12, 14, 16, 20, 24];
/** From here on a verification waits for the machine more than for anything else. */
const KNEE_MS = 1_000;

export const knee: Benchmark = {
  name: 'knee',
  measures: 'How late decisions reach the caller when more and more verifications begin each second, and who is busy.',
  run,
};

/** What one rate came to. */
interface Step {
  perSecond: number;
  p50: number;
  p95: number;
  /** Cores kept busy. */
  serverCores: number;
  workerCores: number;
}

async function run(settings: Settings): Promise<Measured> {
  const seconds = settings.size ?? 40;
  const steps: Step[] = [];
  for (let round = 0; round < settings.repeats; round++) {
    steps.push(...(await Ground.with(settings, (ground) => climb(ground, seconds))));
  }
  return {
    figures: joined(steps.map(figuresOf)),
    plots: [
      {
        name: 'knee',
        title: 'From decision to caller, by verifications begun a second',
        x: { label: 'begun a second' },
        y: { label: 'ms', log: true },
        series: [seriesOf(steps, 'p50', ({ p50 }) => p50), seriesOf(steps, 'p95', ({ p95 }) => p95)],
      },
    ],
    conditions: [`${seconds} s at each rate, until the 95th of 100 waits longer than ${KNEE_MS} ms; one worker`],
  };
}

/** Rate after rate on one server, up to the knee. */
async function climb(ground: Ground, seconds: number): Promise<Step[]> {
  const worker = await ground.startWorker({ brisk: true });
  const serverCpu = (): number => ground.server.pids().reduce((sum, pid) => sum + cpuOf(pid), 0);
  await delaysOf(ground, 20, 2);
  const steps: Step[] = [];
  for (const perSecond of RATES) {
    const [serverBefore, workerBefore, began] = [serverCpu(), cpuOf(worker.pid), performance.now()];
    const delays = await delaysOf(ground, perSecond * seconds, perSecond);
    const took = (performance.now() - began) / 1_000;
    const step: Step = {
      perSecond,
      p50: percentile(delays, 0.5),
      p95: percentile(delays, 0.95),
      serverCores: (serverCpu() - serverBefore) / took,
      workerCores: (cpuOf(worker.pid) - workerBefore) / took,
    };
    tell(`${perSecond}/s: p50 ${step.p50} ms, p95 ${step.p95} ms, all over after ${took.toFixed(0)} s`);
    steps.push(step);
    if (step.p95 > KNEE_MS) break;
  }
  return steps;
}

/** At each rate the median of the rounds that came to it. */
function seriesOf(steps: readonly Step[], name: string, of: (step: Step) => number): Plot['series'][number] {
  const rates = RATES.filter((rate) => steps.some(({ perSecond }) => perSecond === rate));
  const at = (rate: number): number => median(steps.filter(({ perSecond }) => perSecond === rate).map(of));
  return { name, points: rates.map((rate): [number, number] => [rate, at(rate)]) };
}

function figuresOf({ perSecond, p50, p95, serverCores, workerCores }: Step): Figure[] {
  const of = (label: string, unit: string, value: number): Figure => ({
    label: `${perSecond} a second: ${label}`,
    unit,
    values: [value],
  });
  return [
    of('decision to caller, p50', 'ms', p50),
    of('decision to caller, p95', 'ms', p95),
    of('cores the server keeps busy', '', serverCores),
    of('cores the worker keeps busy', '', workerCores),
  ];
}
