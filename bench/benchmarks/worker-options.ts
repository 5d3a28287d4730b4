import type { WorkerOptions } from '@temporalio/worker';
import { ours, type Competitor } from '../competitors';
import { Ground } from '../ground';
import type { Benchmark, Figure, Measured, Settings } from '../measurement';
import { race, ratios, thrift } from '../race';

const AS_IT_IS = 'as it is';

const autoscaling = { type: 'autoscaling' } as const;

/** Options of the SDK that a worker might have been given instead. */
const VARIANTS: Record<string, Partial<WorkerOptions>> = {
  '3 pollers of a kind': { maxConcurrentWorkflowTaskPolls: 3, maxConcurrentActivityTaskPolls: 3 },
  '30 pollers of a kind': { maxConcurrentWorkflowTaskPolls: 30, maxConcurrentActivityTaskPolls: 30 },
  'pollers by need (autoscaling)': {
    workflowTaskPollerBehavior: autoscaling,
    activityTaskPollerBehavior: autoscaling,
  },
  '10 slots for workflow tasks': { maxConcurrentWorkflowTaskExecutions: 10 },
  '20 slots for activities': { maxConcurrentActivityTaskExecutions: 20 },
  '40 workflows in the cache': { maxCachedWorkflows: 40 },
};

export const workerOptions: Benchmark = {
  name: 'worker-options',
  measures: 'Verifications a second with other pollers, slots and cache, against the worker as it is.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { repeats, quick, size }: Settings): Promise<Measured> {
  const count = quick ? 90 : (size ?? 240);
  const competitors: Competitor[] = [{ ...(await ours(ground, { taskQueue: 'as-it-is' })), name: AS_IT_IS }];
  for (const [name, options] of Object.entries(VARIANTS)) {
    const env = { BENCH_WORKER_OPTIONS: JSON.stringify(options) };
    const taskQueue = `variant-${competitors.length}`;
    competitors.push({ ...(await ours(ground, { taskQueue, preload: 'worker-options', env })), name });
  }
  await ground.use({ name: 'bench', looks: 2 });
  const results = await race(ground, competitors, { count, width: 80, rounds: repeats, warmUp: 80 });
  return {
    figures: Object.keys(VARIANTS).flatMap((name): Figure[] => [
      { label: `${name}: rate, against as it is`, unit: '', values: ratios(results, name, AS_IT_IS) },
      { label: `${name}: CPU, of that as it is`, unit: '', values: thrift(results, AS_IT_IS, name) },
    ]),
    conditions: [`${count} verifications a round, up to 80 in flight; a worker and a task queue each`],
  };
}
