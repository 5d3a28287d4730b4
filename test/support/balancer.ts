import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * The load balancer that stands before the nodes of a server in production: `TEMPORAL_ADDRESS` is one address. Each
 * connection goes to the next node that takes it and breaks when its node dies, whereupon the SDK connects anew.
 */
export class Balancer {
  private next = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly targets: readonly string[],
  ) {
    server.on('connection', (socket) => void this.serve(socket));
  }

  static async listen(targets: readonly string[]): Promise<Balancer> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Balancer(server, targets);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    this.sockets.forEach((socket) => socket.destroy());
    await once(this.server, 'close');
  }

  private async serve(socket: Socket): Promise<void> {
    this.keep(socket);
    const first = this.next++;
    for (let offset = 0; offset < this.targets.length; offset++) {
      const target = await connected(this.targets[(first + offset) % this.targets.length] ?? '');
      if (target === undefined) continue;
      this.keep(target);
      socket.once('close', () => target.destroy());
      target.once('close', () => socket.destroy());
      if (socket.destroyed) target.destroy();
      socket.pipe(target).pipe(socket);
      return;
    }
    socket.destroy();
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
  }
}

/** Nothing when nobody listens there. */
async function connected(target: string): Promise<Socket | undefined> {
  const { hostname, port } = new URL(`tcp://${target}`);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}
