import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Longer than the longest wait of the script itself. */
const BOUND_MS = 300_000;

/** A Temporal server as in production, on a PostgreSQL of its own; each part can be killed and comes back as it was. */
export class Cluster {
  private constructor(
    private readonly folder: string,
    /** host:port of each node. */
    readonly addresses: readonly string[],
  ) {}

  /** The data, the logs and `cluster.json` lie in the folder, which a start needs to be without a cluster. */
  static async start(folder: string, { nodes = 2 }: { nodes?: 1 | 2 } = {}): Promise<Cluster> {
    await script('start', folder, '--nodes', String(nodes));
    const state = JSON.parse(readFileSync(path.join(folder, 'cluster.json'), 'utf8')) as { addresses: string[] };
    return new Cluster(folder, state.addresses);
  }

  /** Kills the node, 0 or 1, without mercy; one that ends by itself is started again, this one is not. */
  async killNode(index: number): Promise<void> {
    await script('kill', this.folder, `node-${index + 1}`);
  }

  /** Resolves when it answers at its old address. */
  async startNode(index: number): Promise<void> {
    await script('restart', this.folder, `node-${index + 1}`);
  }

  /** Crashes it: nothing is written out, every connection breaks, and the next start recovers from its log. */
  async killPostgres(): Promise<void> {
    await script('kill', this.folder, 'postgres');
  }

  /** Resolves when it takes connections again. */
  async startPostgres(): Promise<void> {
    await script('restart', this.folder, 'postgres');
  }

  /** Ends all of it in order, whatever state it is in. */
  async stop(): Promise<void> {
    await script('stop', this.folder);
  }
}

async function script(...args: string[]): Promise<void> {
  const program = path.join(checkout(), 'scripts', 'cluster.mjs');
  await promisify(execFile)(process.execPath, [program, ...args], { timeout: BOUND_MS });
}

/** This file runs from `test/support`, and compiled from `lib/checks/test/support`. */
function checkout(): string {
  const above = path.resolve(__dirname, '..', '..');
  return path.basename(above) === 'checks' ? path.resolve(above, '..', '..') : above;
}
