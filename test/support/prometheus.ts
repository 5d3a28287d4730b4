import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../src/demo/child';
import { freePort } from '../../src/demo/ports';
import { temporaryFolder } from './temporary-folder';

const RULES = join(__dirname, '../../deploy/prometheus/alerts.yml');

/** What takes an alert five minutes takes it half a minute here. */
const FASTER = 10;

/** One series of an answer of Prometheus. */
export interface Series {
  metric: Record<string, string>;
  /** Of an instant. */
  value?: [number, string];
  /** Of a range. */
  values?: [number, string][];
}

/** A real Prometheus that scrapes one worker each second by the shipped rules, whose times are shortened. */
export class Prometheus {
  private constructor(
    private readonly child: Child,
    private readonly url: string,
  ) {}

  static async start(workerMetricsPort: number, faster = FASTER): Promise<Prometheus> {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'alerts.yml'), shortened(readFileSync(RULES, 'utf8'), faster));
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['alerts.yml'],
      scrape_configs: [{ job_name: 'kyc-worker', static_configs: [{ targets: [`127.0.0.1:${workerMetricsPort}`] }] }],
    };
    // JSON is YAML, too.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const options = ['--config.file', join(folder, 'prometheus.yml'), '--storage.tsdb.path', join(folder, 'data')];
    const child = new Child('prometheus', [...options, '--web.listen-address', address], {
      logFile: join(folder, 'prometheus.log'),
    });
    const prometheus = new Prometheus(child, `http://${address}`);
    await eventually(20_000, async () => {
      const answer = await fetch(`http://${address}/-/ready`).catch(() => null);
      return answer?.ok === true && (await prometheus.query('up == 1')).length === 1;
    });
    return prometheus;
  }

  query(expression: string): Promise<Series[]> {
    return this.ask('query', { query: expression });
  }

  /** The last minutes, a point a second. */
  queryRange(expression: string, minutes: number): Promise<Series[]> {
    const end = Date.now() / 1_000;
    const range = { start: String(end - minutes * 60), end: String(end), step: '1' };
    return this.ask('query_range', { query: expression, ...range });
  }

  /** The names of all alerts that have fired since the start. */
  async fired(): Promise<string[]> {
    const found = await this.query('group by (alertname) (max_over_time(ALERTS{alertstate="firing"}[1h]))');
    return found.map(({ metric }) => metric.alertname ?? '').sort();
  }

  /** The names of the alerts that fire now. */
  async firing(): Promise<string[]> {
    const found = await this.query('group by (alertname) (ALERTS{alertstate="firing"})');
    return found.map(({ metric }) => metric.alertname ?? '').sort();
  }

  async stop(): Promise<void> {
    await this.child.stop(5_000);
  }

  private async ask(what: string, parameters: Record<string, string>): Promise<Series[]> {
    const answer = await fetch(`${this.url}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`);
    const { status, error, data } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: { result: Series[] };
    };
    if (status !== 'success' || data === undefined) throw new Error(`${parameters.query}: ${error}`);
    return data.result;
  }
}

/** Divides every duration of the rules; their order to each other stays. */
function shortened(rules: string, faster: number): string {
  const seconds = { m: 60, h: 3_600, d: 86_400 } as const;
  const shorter = (text: string): string =>
    text.replace(/\b(\d+)([mhd])\b/g, (_, n: string, unit: 'm') => `${(Number(n) * seconds[unit]) / faster}s`);
  return rules.replace(/\[\w+(:\w+)?\]|offset \w+|for: \w+/g, shorter);
}

/** Resolves once it holds; throws after that time. */
export async function eventually(milliseconds: number, holds: () => Promise<boolean>): Promise<void> {
  const patience = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > patience) throw new Error(`In ${milliseconds / 1_000} s it never came to: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
