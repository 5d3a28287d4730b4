import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Balancer } from './balancer';
import { Cluster } from './cluster';
import type { TestServer } from './test-server';

/** Temporal nodes on a PostgreSQL behind one address, as in production. */
export class ClusterServer implements TestServer {
  private constructor(
    readonly cluster: Cluster,
    private readonly balancer: Balancer,
    private readonly ownFolder: string | null,
  ) {}

  /** In the folder given, which stays when it is stopped, or in one of its own, which goes. */
  static async start({ nodes = 2, folder }: { nodes?: 1 | 2; folder?: string } = {}): Promise<ClusterServer> {
    const ownFolder = folder === undefined ? mkdtempSync(join(realpathSync(tmpdir()), 'cluster-')) : null;
    const cluster = await Cluster.start(folder ?? ownFolder ?? '', { nodes });
    return new ClusterServer(cluster, await Balancer.listen(cluster.addresses), ownFolder);
  }

  get address(): string {
    return this.balancer.address;
  }

  /** All nodes at once; PostgreSQL stays. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.cluster.killNode(node)));
  }

  async restart(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.cluster.startNode(node)));
  }

  dataFiles(): Promise<string[]> {
    return this.cluster.dataFiles();
  }

  async stop(): Promise<void> {
    await this.balancer.close();
    await this.cluster.stop();
    if (this.ownFolder !== null) rmSync(this.ownFolder, { recursive: true, force: true });
  }

  private get nodes(): number[] {
    return [...this.cluster.addresses.keys()];
  }
}
