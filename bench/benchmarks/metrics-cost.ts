import { freePort } from '../../src/demo/ports';
import { ours, type Competitor } from '../competitors';
import { Ground } from '../ground';
import type { Benchmark, Measured, Settings } from '../measurement';
import { race, ratios } from '../race';

const SCRAPE_EVERY_MS = 1_000;

export const metricsCost: Benchmark = {
  name: 'metrics-cost',
  measures: 'Verifications a second while the metrics are scraped each second, against none scraped.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { repeats, quick, size }: Settings): Promise<Measured> {
  const count = quick ? 90 : (size ?? 360);
  const address = `127.0.0.1:${await freePort()}`;
  const plain = await ours(ground, { env: { KYC_METRICS_ADDRESS: address } });
  const scraped: Competitor = { ...plain, name: 'scraped', around: (work) => whileScraping(address, work) };
  await ground.use({ name: 'bench', looks: 2 });
  const results = await race(ground, [plain, scraped], { count, width: 120, rounds: repeats, warmUp: 60 });
  return {
    figures: [
      {
        label: 'scraped each second, against not scraped',
        unit: '',
        values: ratios(results, scraped.name, plain.name),
        goal: { atLeast: 0.98 },
        demand: { atLeast: 0.5 },
      },
    ],
    conditions: [`${count} verifications a round; the metrics are always counted, scraping is what is added`],
  };
}

async function whileScraping<T>(address: string, work: () => Promise<T>): Promise<T> {
  const scrape = (): void => void fetch(`http://${address}/metrics`).then((answer) => answer.text());
  const timer = setInterval(scrape, SCRAPE_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
