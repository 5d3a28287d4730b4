import { ours, type Competitor } from '../competitors';
import { Ground } from '../ground';
import type { Benchmark, Measured, Settings } from '../measurement';
import { race, ratios, thrift } from '../race';

export const searchAttributesCost: Benchmark = {
  name: 'search-attributes-cost',
  measures: 'Verifications a second with search attributes, against workflows that write none.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { repeats, quick, size }: Settings): Promise<Measured> {
  const count = quick ? 90 : (size ?? 240);
  const competitors: Competitor[] = [
    { ...(await ours(ground, { taskQueue: 'with' })), name: 'with' },
    { ...(await ours(ground, { taskQueue: 'without', preload: 'no-search-attributes' })), name: 'without' },
  ];
  await ground.use({ name: 'bench', looks: 2 });
  const results = await race(ground, competitors, { count, width: 80, rounds: repeats, warmUp: 40 });
  return {
    figures: [
      { label: 'with search attributes, against without', unit: '', values: ratios(results, 'with', 'without') },
      { label: 'CPU without, of that with', unit: '', values: thrift(results, 'with', 'without') },
    ],
    conditions: [`${count} verifications a round, up to 80 in flight; a worker and a task queue each`],
  };
}
