import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** The part of a span that says where it belongs. */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
}

/** A collector that keeps the spans it is sent, as OTLP's JSON has them. */
export class Collector {
  readonly spans: Span[] = [];
  /** All that came, attributes and events of the spans included. */
  readonly bodies: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        collector.take(body as Parameters<Collector['take']>[0]);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    const collector = new Collector(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  take(body: { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }): void {
    this.bodies.push(JSON.stringify(body));
    this.spans.push(...body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
