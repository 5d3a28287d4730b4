import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { lastingPort } from './ports';

/** Leads each connection to the next node that takes it, as a load balancer in front of a cluster does. */
export class Balancer {
  private turn = 0;
  private readonly server: Server;
  private readonly open = new Set<Socket>();

  private constructor(
    /** host:port */
    readonly address: string,
    private readonly nodes: readonly string[],
  ) {
    this.server = createServer((client) => void this.lead(client));
  }

  static async start(nodes: readonly string[]): Promise<Balancer> {
    const port = await lastingPort();
    const balancer = new Balancer(`127.0.0.1:${port}`, nodes);
    balancer.server.listen(port, '127.0.0.1');
    await once(balancer.server, 'listening');
    return balancer;
  }

  close(): void {
    this.server.close();
    for (const socket of this.open) socket.destroy();
  }

  private async lead(client: Socket): Promise<void> {
    this.keep(client);
    this.turn += 1;
    for (const index of this.nodes.keys()) {
      const node = await reach(this.nodes[(this.turn + index) % this.nodes.length] ?? '');
      if (node === null) continue;
      this.keep(node);
      client.pipe(node).pipe(client);
      client.once('close', () => node.destroy());
      node.once('close', () => client.destroy());
      if (client.destroyed) node.destroy();
      return;
    }
    client.destroy();
  }

  private keep(socket: Socket): void {
    this.open.add(socket);
    socket.setNoDelay(true);
    // Whoever breaks off closes the other side, too; there is nothing else to do about it.
    socket.on('error', () => undefined);
    socket.once('close', () => this.open.delete(socket));
  }
}

/** A connection to the node, or null when it takes none. */
async function reach(node: string): Promise<Socket | null> {
  const [host, port] = node.split(':');
  const socket = connect(Number(port), host);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return null;
  }
}
