import path from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contract';
import { Child } from './child';
import { freePort } from './ports';

export interface EmbeddedServer {
  address: string;
  uiUrl: string;
  connection: Connection;
  child: Child;
}

/** The ports of a Temporal server that every tool tries by itself. */
const PORTS = { server: 7233, ui: 8233 };
const STARTS = 5;
const READY_WITHIN_MS = 30_000;

/** Starts a Temporal server with its UI, in memory, on the usual ports if they are free; the UI decrypts by that codec. */
export async function startEmbeddedServer(
  cli: string,
  logFolder: string,
  codecEndpoint: string,
): Promise<EmbeddedServer> {
  for (let start = 1; ; start++) {
    const port = await freePort(start === 1 ? PORTS.server : 0);
    const uiPort = await freePort(start === 1 ? PORTS.ui : 0);
    const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
    const mark = `demo-${process.pid}-${port}`;
    const args = ['server', 'start-dev', '--port', String(port), '--ui-port', String(uiPort), '--namespace', mark];
    const logFile = path.join(logFolder, 'temporal.log');
    const ui = ['--ui-disable-news-fetch', '--ui-codec-endpoint', codecEndpoint];
    const child = new Child(cli, [...args, '--log-level', 'error', ...ui, ...attributes], { logFile });
    const address = `127.0.0.1:${port}`;
    try {
      const connection = await connectWhenReady(address, mark, child);
      return { address, uiUrl: `http://127.0.0.1:${uiPort}`, connection, child };
    } catch (error) {
      await child.stop(1_000);
      // Another process may have taken a port between the look and the start.
      if (start === STARTS)
        throw new Error(`The embedded Temporal server does not start; see ${logFile}`, { cause: error });
    }
  }
}

/** The namespace tells our server from another that may have taken the port first. */
async function connectWhenReady(address: string, namespace: string, child: Child): Promise<Connection> {
  const end = Date.now() + READY_WITHIN_MS;
  let alive = true;
  void child.exited.then(() => (alive = false));
  while (alive && Date.now() < end) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      try {
        await connection.workflowService.describeNamespace({ namespace });
        return connection;
      } catch {
        await connection.close();
      }
    } catch {
      // Nobody listens yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('not ready');
}
