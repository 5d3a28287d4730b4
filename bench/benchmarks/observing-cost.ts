import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../src/demo/ports';
import { ours, type Competitor } from '../competitors';
import { Ground } from '../ground';
import type { Benchmark, Measured, Settings } from '../measurement';
import { race, ratios } from '../race';

const SCRAPE_EVERY_MS = 1_000;

export const observingCost: Benchmark = {
  name: 'observing-cost',
  measures: 'Verifications a second while metrics are scraped each second, or all is traced, against neither.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { repeats, quick, size }: Settings): Promise<Measured> {
  const count = quick ? 90 : (size ?? 360);
  const address = `127.0.0.1:${await freePort()}`;
  const collector = await startCollector();
  try {
    const plain = await ours(ground, { env: { KYC_METRICS_ADDRESS: address } });
    const scraped: Competitor = { ...plain, name: 'scraped', around: (work) => whileScraping(address, work) };
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const traced = { ...(await ours(ground, { env, taskQueue: 'traced' })), name: 'traced' };
    await ground.use({ name: 'bench', looks: 2 });
    const competitors = [plain, scraped, traced];
    const results = await race(ground, competitors, { count, width: 120, rounds: repeats, warmUp: 60 });
    if (collector.received() === 0) throw new Error('No trace reached the collector.');
    const against = (name: string): number[] => ratios(results, name, plain.name);
    return {
      figures: [
        { ...RATIO, label: 'scraped each second, against not scraped', values: against(scraped.name) },
        { ...RATIO, label: 'every activity traced, against none', values: against(traced.name) },
      ],
      conditions: [`${count} verifications a round; the metrics are always counted, scraping is what is added`],
    };
  } finally {
    collector.close();
  }
}

const RATIO = { unit: '', goal: { atLeast: 0.98 }, demand: { atLeast: 0.5 } };

/** Stands for a collector of traces. */
async function startCollector(): Promise<{ url: string; received: () => number; close: () => void }> {
  let received = 0;
  const server = createServer((request, response) => {
    received += 1;
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received: () => received, close: () => server.close() };
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
