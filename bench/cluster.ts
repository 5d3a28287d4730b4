import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cluster } from '../test/support/cluster';
import { familyOf } from './process-facts';
import type { BenchServer } from './server';

interface State {
  namespace: string;
  postgres: { port: number };
}

/** One node of the Temporal server on a PostgreSQL of its own, with its usual care for the disk. */
export async function startCluster(): Promise<BenchServer> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-bench-cluster-'));
  const cluster = await Cluster.start(folder, { nodes: 1 });
  const { namespace, postgres } = JSON.parse(readFileSync(path.join(folder, 'cluster.json'), 'utf8')) as State;
  return {
    address: cluster.addresses[0] ?? '',
    namespace,
    described: (version) => `server ${version} on ${postgresVersion(folder)}`,
    pids: () => familyOf(folder),
    databaseBytes: () => Promise.resolve(bytesIn(path.join(folder, 'postgres', 'data', 'base'))),
    postgresUrl: `postgresql://temporal:temporal@127.0.0.1:${postgres.port}`,
    stop: async () => {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Such as `PostgreSQL 15.18`, by the program that runs. */
function postgresVersion(folder: string): string {
  const programs = familyOf(folder).map((pid) => readlinkSync(`/proc/${pid}/exe`));
  const postgres = programs.find((program) => path.basename(program) === 'postgres') ?? 'postgres';
  const [, version = ''] =
    /\(PostgreSQL\) (\S+)/.exec(execFileSync(postgres, ['--version'], { encoding: 'utf8' })) ?? [];
  return `PostgreSQL ${version}`;
}

function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => {
    // PostgreSQL may remove a file between the listing and the look.
    return sum + (statSync(path.join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}
