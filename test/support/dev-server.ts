import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import type { TestServer } from './test-server';

/** Faster than SQLite's own defaults, and a killed server loses nothing by them (SQLite docs). */
const DATABASE = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'];
/** What a killed caller makes it warn of is no news in a test. */
const QUIET = ['--log-level', 'error'];

/** A server deletes an execution once its queues have noted how far they are, which they do each half minute by themselves. */
export const FORGETS_AT_ONCE = ['transfer', 'visibility', 'timer'].flatMap((queue) => [
  '--dynamic-config-value',
  `history.${queue}ProcessorUpdateAckInterval="1s"`,
]);

/** Far above what it takes, for machines that are busy with much else. */
const START_WITHIN_MS = 60_000;

/** A Temporal server that can be killed and comes back with its data at the same address. */
export class DevServer implements TestServer {
  private server: ChildProcess | undefined;

  private constructor(
    readonly address: string,
    private readonly cli: string,
    private readonly database: string,
  ) {}

  /** `cli` is the path of the Temporal CLI; the data lie in the folder; without a port it takes any free one. */
  static async start(cli: string, folder: string, port?: number): Promise<DevServer> {
    const server = new DevServer(`127.0.0.1:${port ?? (await freePort())}`, cli, join(folder, 'temporal.db'));
    await server.restart().catch(async (error: unknown) => {
      await server.kill();
      throw error;
    });
    return server;
  }

  /** 0 while it is down. */
  get pid(): number {
    return this.server?.pid ?? 0;
  }

  /** Without mercy, as a machine that dies. */
  async kill(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  /** What is not in the database itself yet is in the files that SQLite keeps beside it. */
  dataFiles(): Promise<string[]> {
    const folder = dirname(this.database);
    return Promise.resolve(readdirSync(folder).map((name) => join(folder, name)));
  }

  /** The data are thrown away, so there is no need for an end in order. */
  stop(): Promise<void> {
    return this.kill();
  }

  async restart(): Promise<void> {
    const port = this.address.split(':')[1] ?? '';
    const place = ['--headless', '--ip', '127.0.0.1', '--port', port, '--db-filename', this.database];
    const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
    const options = ['server', 'start-dev', ...place, ...DATABASE, ...QUIET, ...FORGETS_AT_ONCE, ...attributes];
    this.server = spawn(this.cli, options, { stdio: 'ignore' });
    await this.untilItAnswers();
  }

  private async untilItAnswers(): Promise<void> {
    const patience = Date.now() + START_WITHIN_MS;
    for (;;) {
      try {
        const connection = await Connection.connect({ address: this.address, connectTimeout: 1_000 });
        return await connection.close();
      } catch (error) {
        if (Date.now() > patience || this.server?.exitCode !== null) throw error;
      }
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
