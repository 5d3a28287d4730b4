import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { DevServer } from '../test/support/dev-server';

/** A Temporal server that is measured along. */
export interface BenchServer {
  /** host:port */
  address: string;
  namespace: string;
  /** What it is, with its version: such as `embedded server 1.32.0`. */
  described: (version: string) => string;
  /** Its processes, those of its database included. */
  pids: () => number[];
  /** Bytes that its data take on the disk. */
  databaseBytes: () => Promise<number>;
  /** Where its PostgreSQL is, without a database's name; undefined when it has none. */
  postgresUrl?: string;
  stop: () => Promise<void>;
}

/** The Temporal CLI's server on a SQLite file in the folder. */
export async function startEmbedded(folder: string): Promise<BenchServer> {
  const server = await DevServer.start(recorded('temporalCli'), folder);
  return {
    address: server.address,
    namespace: 'default',
    described: (version) => `embedded server ${version}`,
    pids: () => [server.pid],
    databaseBytes: () => Promise.resolve(bytesOf(folder, 'temporal.db')),
    stop: () => server.kill(),
  };
}

/** A path that set-up has found or fetched and written down. */
export function recorded(tool: 'temporalCli' | 'temporalTestServer'): string {
  const file = path.resolve(__dirname, '..', '..', '..', '.cache', 'setup.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<typeof tool, string>)[tool];
}

/** The file and its companions. */
function bytesOf(folder: string, name: string): number {
  const files = readdirSync(folder).filter((file) => file.startsWith(name));
  return files.reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0);
}
