import path from 'node:path';
import { Cluster } from '../test/support/cluster';
import { Balancer } from './balancer';

/** A Temporal server on PostgreSQL: one node, or two behind a balancer. */
export class ClusterServer {
  private constructor(
    /** host:port that leads to a node which is up. */
    readonly address: string,
    private readonly cluster: Cluster,
    private readonly balancer: Balancer,
  ) {}

  static async start(folder: string, nodes: 1 | 2): Promise<ClusterServer> {
    const cluster = await Cluster.start(path.join(folder, 'cluster'), { nodes });
    const balancer = await Balancer.start(cluster.addresses);
    return new ClusterServer(balancer.address, cluster, balancer);
  }

  /** Kills every node. */
  async kill(): Promise<void> {
    await Promise.all([...this.cluster.addresses.keys()].map((node) => this.cluster.killNode(node)));
  }

  /** Starts every node. */
  async restart(): Promise<void> {
    await Promise.all([...this.cluster.addresses.keys()].map((node) => this.cluster.startNode(node)));
  }

  /** Kills one node, and gives what starts it again. */
  async strikeNode(node: number): Promise<() => Promise<void>> {
    await this.cluster.killNode(node);
    return () => this.cluster.startNode(node);
  }

  /** Crashes PostgreSQL under the nodes, and gives what starts it again. */
  async strikePostgres(): Promise<() => Promise<void>> {
    await this.cluster.killPostgres();
    return () => this.cluster.startPostgres();
  }

  async close(): Promise<void> {
    this.balancer.close();
    await this.cluster.stop();
  }
}
