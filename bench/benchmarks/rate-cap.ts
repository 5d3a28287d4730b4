import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import { inFlight } from '../load';
import type { Benchmark, Figure, Measured, Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { busiest, refusedByBucket } from '../statistics';

const WORKERS = 3;
const CAPS = [5, 20];
/** The server lets a full bucket through at the start. */
const SETTLE_SECONDS = 10;

export const rateCap: Benchmark = {
  name: 'rate-cap',
  measures: 'Calls to Notus under KYC_MAX_REQUESTS_PER_SECOND over three workers that want many more.',
  run: (settings) => run(settings),
};

async function run(settings: Settings): Promise<Measured> {
  const seconds = settings.quick ? 20 : (settings.size ?? 60);
  const figures: Figure[] = [];
  for (const cap of settings.quick ? [20] : CAPS) {
    for (let round = 0; round < settings.repeats; round++) {
      const found = await Ground.with(settings, (ground) => callsUnder(ground, cap, seconds));
      tell(`cap ${cap}/s: ${found.map(({ label, values }) => `${label} ${values[0]?.toFixed(2)}`).join(', ')}`);
      for (const figure of found) {
        const known = figures.find(({ label }) => label === figure.label);
        if (known === undefined) figures.push(figure);
        else known.values.push(...figure.values);
      }
    }
  }
  return { figures, conditions: [`${WORKERS} workers, ${seconds} s, 8 verifications for each call a second allowed`] };
}

async function callsUnder(ground: Ground, cap: number, seconds: number): Promise<Figure[]> {
  const env = { KYC_MAX_REQUESTS_PER_SECOND: String(cap) };
  await Promise.all(Array.from({ length: WORKERS }, () => ground.startWorker({ brisk: true, env })));
  await ground.use({ name: 'bench', looks: 1_000_000 });
  const documents = referencesTo(putPhotos(ground.sourceFolder));
  await inFlight(cap * 8, 20, async () => {
    await ground.kyc.start(`kyc-${randomUUID()}`, { request, documents });
  });
  await sleep((SETTLE_SECONDS + seconds) * 1_000);
  const toNotus = (await ground.calls()).filter(({ operation }) => operation !== 'upload');
  const times = toNotus.map(({ at }) => Date.parse(at));
  const from = Math.min(...times) + SETTLE_SECONDS * 1_000;
  const settled = times.filter((time) => time >= from && time < from + seconds * 1_000);
  const refused = refusedByBucket(times, cap, cap);
  return [
    {
      label: `cap ${cap}/s: of the cap used`,
      unit: '',
      values: [settled.length / seconds / cap],
      goal: { atLeast: 0.95 },
    },
    {
      label: `cap ${cap}/s: worst 10 s, of the cap`,
      unit: '',
      values: [busiest(times, 10_000) / 10 / cap],
      goal: { atMost: 1.11 },
      demand: { atMost: 1.25 },
    },
    { label: `cap ${cap}/s: calls that a bucket of one second would answer 429`, unit: '', values: [refused] },
  ];
}
