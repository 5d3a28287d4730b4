import { historySize, ours, type Competitor } from '../competitors';
import { Ground } from '../ground';
import type { Benchmark, Measured, Settings } from '../measurement';
import { race, ratios } from '../race';

export const encryptionCost: Benchmark = {
  name: 'encryption-cost',
  measures: 'Verifications a second and bytes a history with encrypted payloads, against plain ones.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { repeats, quick, size }: Settings): Promise<Measured> {
  const count = quick ? 90 : (size ?? 360);
  const competitors: Competitor[] = [
    { ...(await ours(ground, { keys: '', taskQueue: 'plain' })), name: 'plain' },
    { ...(await ours(ground, { taskQueue: 'encrypted' })), name: 'encrypted' },
  ];
  await ground.use({ name: 'bench', looks: 2 });
  const results = await race(ground, competitors, { count, width: 120, rounds: repeats, warmUp: 60 });
  const plain = await historySize(ground, { keys: '', taskQueue: 'plain' });
  const encrypted = await historySize(ground, { taskQueue: 'encrypted' });
  return {
    figures: [
      {
        label: 'encrypted, against plain',
        unit: '',
        values: ratios(results, 'encrypted', 'plain'),
        goal: { atLeast: 0.95 },
        demand: { atLeast: 0.5 },
      },
      { label: 'bytes of a history, plain', unit: '', values: [plain.bytes] },
      { label: 'bytes of a history, encrypted', unit: '', values: [encrypted.bytes] },
      { label: 'events of a history, plain', unit: '', values: [plain.events] },
      { label: 'events of a history, encrypted', unit: '', values: [encrypted.events] },
    ],
    conditions: [
      `${count} verifications a round; two workers, one with keys and one without, on a task queue each`,
      'a history of documents by signal and three polls',
    ],
  };
}
