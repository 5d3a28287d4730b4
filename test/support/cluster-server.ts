import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Balancer } from './balancer';
import { Cluster } from './cluster';
import type { TestServer } from './test-server';

const NODES = [0, 1];

/** Two Temporal nodes on a PostgreSQL behind one address, as in production. */
export class ClusterServer implements TestServer {
  private constructor(
    readonly cluster: Cluster,
    private readonly balancer: Balancer,
    private readonly folder: string,
  ) {}

  static async start(): Promise<ClusterServer> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cluster-'));
    const cluster = await Cluster.start(folder, { nodes: 2 });
    return new ClusterServer(cluster, await Balancer.listen(cluster.addresses), folder);
  }

  get address(): string {
    return this.balancer.address;
  }

  /** Both nodes at once; PostgreSQL stays. */
  async kill(): Promise<void> {
    await Promise.all(NODES.map((node) => this.cluster.killNode(node)));
  }

  async restart(): Promise<void> {
    await Promise.all(NODES.map((node) => this.cluster.startNode(node)));
  }

  async stop(): Promise<void> {
    await this.balancer.close();
    await this.cluster.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
