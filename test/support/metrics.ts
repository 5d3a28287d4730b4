import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of what Prometheus reads. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What the metrics endpoint of a worker gives now. */
export async function scrape(port: number): Promise<Sample[]> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]);
      return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
    });
}

/** The name of the metric that a sample is a part of. */
export const familyOf = ({ name }: Sample): string => name.replace(/_(bucket|sum|count)$/, '');

/** Adds up the samples that have these labels. */
export function total(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The metrics of docs/metrics.md, with their labels. */
export function documentedMetrics(): Map<string, string[]> {
  const text = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(kyc_\w+)` +\| \w+ +\| ([^|]*)\|/gm)];
  return new Map(
    rows.map(([, name = '', labels = '']) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, l]) => l ?? '')]),
  );
}
