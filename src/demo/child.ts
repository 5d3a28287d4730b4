import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** What a child gets of this environment: enough to run, and nothing that could point it at a real service. */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'SSL_CERT_FILE'];

const READY_WITHIN_MS = 30_000;

export interface ChildOptions {
  env?: Record<string, string>;
  logFile: string;
  /** A line of standard output that says that the child is ready. */
  readyWhen?: RegExp;
}

/** A child process in a group of its own, so that Ctrl-C reaches this process alone and the end keeps its order. */
export class Child {
  private static readonly alive = new Set<Child>();

  /** The last resort: no child outlives this process. */
  static killAll(): void {
    for (const child of Child.alive) child.kill('SIGKILL');
  }

  /** Ends those that nobody has stopped yet. */
  static async stopAll(graceMs: number): Promise<void> {
    await Promise.all([...Child.alive].map((child) => child.stop(graceMs)));
  }

  private readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly ready: Promise<void>;

  constructor(command: string, args: readonly string[], { env = {}, logFile, readyWhen }: ChildOptions) {
    const kept = Object.fromEntries(KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
    this.process = spawn(command, args, {
      env: { ...kept, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(logFile, { flags: 'a' });
    this.process.stdout?.pipe(log, { end: false });
    this.process.stderr?.pipe(log, { end: false });
    Child.alive.add(this);
    this.exited = new Promise<number | null>((resolve) => {
      this.process.once('error', () => resolve(null));
      this.process.once('exit', (code) => resolve(code));
    }).finally(() => Child.alive.delete(this));
    this.ready = readyWhen === undefined ? Promise.resolve() : this.untilReady(readyWhen, logFile);
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Asks it to end, and makes it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    this.kill('SIGTERM');
    await this.exited;
    clearTimeout(timer);
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  private untilReady(line: RegExp, logFile: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let seen = '';
      this.process.stdout?.on('data', (chunk: Buffer) => {
        seen = (seen + chunk.toString('utf8')).slice(-4_096);
        if (line.test(seen)) resolve();
      });
      void this.exited.then(() => reject(new Error(`It ended before it was ready; see ${logFile}`)));
      setTimeout(() => reject(new Error(`It is not ready in time; see ${logFile}`)), READY_WITHIN_MS).unref();
    });
  }
}
