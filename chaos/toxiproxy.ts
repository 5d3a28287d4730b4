import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../src/demo/child';
import { lastingPort } from './ports';

/** The checkout: this file runs from `lib/checks/chaos`. */
const GO_PROGRAMS = path.resolve(__dirname, '..', '..', '..', 'scripts', 'go-programs.mjs');
const READY_WITHIN_MS = 10_000;

/** What spoils a connection; `stream` is the direction, seen from the server behind the proxy as Toxiproxy's API has it. */
export interface Toxic {
  type: 'latency' | 'reset_peer' | 'timeout';
  stream: 'upstream' | 'downstream';
  /** The share of the connections that it strikes. */
  toxicity: number;
  attributes: Record<string, number>;
}

/** A Toxiproxy server of its own, by its HTTP API. */
export class Toxiproxy {
  private constructor(private readonly url: string) {}

  /** Builds it first if need be, which takes Go. */
  static async start(folder: string): Promise<Toxiproxy> {
    const program = execFileSync(process.execPath, [GO_PROGRAMS, 'toxiproxy-server'], { encoding: 'utf8' }).trim();
    const port = await lastingPort();
    const logFile = path.join(folder, 'toxiproxy.log');
    new Child(program, ['-host', '127.0.0.1', '-port', String(port)], { logFile });
    const toxiproxy = new Toxiproxy(`http://127.0.0.1:${port}`);
    const end = Date.now() + READY_WITHIN_MS;
    while (!(await toxiproxy.answers())) {
      if (Date.now() > end) throw new Error(`Toxiproxy does not start; see ${logFile}`);
      await sleep(50);
    }
    return toxiproxy;
  }

  /** Lets connections to `listen` through to `upstream`, both host:port. */
  async forward(name: string, listen: string, upstream: string): Promise<void> {
    await this.call('POST', '/proxies', { name, listen, upstream, enabled: true });
  }

  /** Disabled, nobody listens, and connections that stood are closed. */
  async enable(name: string, enabled: boolean): Promise<void> {
    await this.call('POST', `/proxies/${name}`, { enabled });
  }

  /** Adds a toxic and gives what takes it away again. */
  async spoil(name: string, toxic: Toxic): Promise<() => Promise<void>> {
    await this.call('POST', `/proxies/${name}/toxics`, { name: toxic.type, ...toxic });
    return () => this.call('DELETE', `/proxies/${name}/toxics/${toxic.type}`);
  }

  private async answers(): Promise<boolean> {
    return this.call('GET', '/version').then(
      () => true,
      () => false,
    );
  }

  private async call(method: string, path: string, body?: object): Promise<void> {
    const answer = await fetch(`${this.url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`Toxiproxy refuses ${method} ${path} (HTTP ${answer.status}).`);
    await answer.arrayBuffer();
  }
}
