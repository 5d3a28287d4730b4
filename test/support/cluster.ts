import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Longer than the longest wait of the script itself. */
const BOUND_MS = 300_000;

/** The part of `cluster.json` that is of use here. */
interface State {
  addresses: string[];
  postgres: { port: number };
}

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
    const state = JSON.parse(readFileSync(path.join(folder, 'cluster.json'), 'utf8')) as State;
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

  /** Files of PostgreSQL and of the nodes, logs included, with all that PostgreSQL holds written into them. */
  async dataFiles(): Promise<string[]> {
    await this.sql('CHECKPOINT');
    return readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  }

  /** Runs one statement in a database of its PostgreSQL, `postgres` unless told. */
  async sql(statement: string, database = 'postgres'): Promise<void> {
    const { postgres } = JSON.parse(readFileSync(path.join(this.folder, 'cluster.json'), 'utf8')) as State;
    const place = ['--host', '127.0.0.1', '--port', String(postgres.port), '--username', 'temporal'];
    const how = ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--dbname', database, '--command', statement];
    await promisify(execFile)('psql', [...place, ...how], { timeout: BOUND_MS });
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
