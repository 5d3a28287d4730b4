import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from './prometheus';

const SCRIPT = join(__dirname, '../../scripts/production.mjs');
/** Longer than the longest waits of the script together. */
const BOUND_MS = 300_000;

/** What of `production.json` is of use here; addresses are host:port. */
interface State {
  temporal: string;
  namespace: string;
  codecServer: string;
  ui: string;
  workers: { health: string; metrics: string }[];
  prometheus: string;
}

/** A process of the topology, as the system tells of it. */
export interface RunningProcess {
  pid: number;
  command: string[];
  env: Record<string, string>;
}

/** The production topology, run by its script in a folder of its own under the temporary one. */
export class Production {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'production-'));

  /** Runs `start`, `status` or `stop` to its end and gives what it printed; throws unless its exit code is 0. */
  async command(name: 'start' | 'status' | 'stop'): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [SCRIPT, name, this.folder], {
      timeout: BOUND_MS,
    });
    return stdout + stderr;
  }

  get state(): State {
    return JSON.parse(readFileSync(join(this.folder, 'production.json'), 'utf8')) as State;
  }

  /** Secrets by their names. */
  get secrets(): Record<string, string> {
    const folder = join(this.folder, 'secrets');
    return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  }

  /** What another service that starts verifications is told. */
  get clientEnv(): Record<string, string> {
    const config = join(this.folder, 'temporal.toml');
    // A config file of the machine's user must not lead elsewhere; an empty one is refused.
    writeFileSync(config, '[profile.default]\n');
    return {
      NODE_ENV: 'production',
      TEMPORAL_ADDRESS: this.state.temporal,
      TEMPORAL_NAMESPACE: this.state.namespace,
      TEMPORAL_CONFIG_FILE: config,
      KYC_DOCUMENT_STORE: pathToFileURL(join(this.folder, 'documents')).href,
      KYC_ENCRYPTION_KEYS: this.secrets.KYC_ENCRYPTION_KEYS ?? '',
    };
  }

  /** All processes that were started in the folder, those that start them again included. */
  get processes(): RunningProcess[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        const command = readProcess(pid, 'cmdline');
        const env = readProcess(pid, 'environ');
        if (![...command, ...env].some((text) => text.includes(this.folder))) return [];
        const pairs = env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
        return { pid: Number(pid), command, env: Object.fromEntries(pairs) };
      });
  }

  /** The processes of both workers. */
  get workers(): RunningProcess[] {
    return this.processes.filter(({ command }) => command[1]?.endsWith('/lib/worker.js'));
  }

  /** The process of the Temporal server. */
  get temporalServer(): RunningProcess | undefined {
    return this.processes.find(({ command }) => command[0]?.endsWith('/temporal-server'));
  }

  /** Nothing is written out and every connection breaks; resolves when it is gone. */
  async crashPostgres(): Promise<void> {
    const data = join(this.folder, 'postgres', 'data');
    const [pid] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGQUIT');
    await eventually(30_000, () => Promise.resolve(!existsSync(`/proc/${pid}`)));
  }

  /** How many workers say that they are ready. */
  async readyWorkers(): Promise<number> {
    const answers = await Promise.all(
      this.state.workers.map(({ health }) => fetch(`http://${health}/readyz`).catch(() => undefined)),
    );
    return answers.filter((answer) => answer?.ok).length;
  }

  /** How many workers Prometheus reads. */
  async targetsUp(): Promise<number> {
    const { activeTargets } = await this.ask<{ activeTargets: { health: string }[] }>('targets');
    return activeTargets.filter(({ health }) => health === 'up').length;
  }

  /** The names of all rules that Prometheus goes by, and of those that fire. */
  async alerts(): Promise<{ known: string[]; firing: string[] }> {
    const { groups } = await this.ask<{ groups: { rules: { name: string; state: string }[] }[] }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    const names = (found: typeof rules): string[] => found.map(({ name }) => name);
    return { known: names(rules), firing: names(rules.filter(({ state }) => state === 'firing')) };
  }

  /** Ends what still runs and takes the folder away. */
  async remove(): Promise<void> {
    await this.command('stop').finally(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  private async ask<Answer>(what: string): Promise<Answer> {
    const answer = await fetch(`http://${this.state.prometheus}/api/v1/${what}`);
    return ((await answer.json()) as { data: Answer }).data;
  }
}

/** Nothing of a process that has ended meanwhile, or is another user's. */
function readProcess(pid: string, what: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}
