import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';
import type { TestCertificate } from './certificates';

/** A front before a server without TLS that lets in whoever shows the certificate it knows, and passes bytes on. */
export interface TlsFront {
  /** host:port */
  address: string;
  close(): Promise<void>;
}

/** Shows and demands the same self-signed certificate; `behind` is host:port. */
export async function startTlsFront({ pem, key }: TestCertificate, behind: string): Promise<TlsFront> {
  const [host = '', port = ''] = behind.split(':');
  const options = { cert: pem, key, ca: pem, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
  const front = createServer(options, (caller) => {
    const server = connect(Number(port), host);
    pipeline(caller, server, () => undefined);
    pipeline(server, caller, () => undefined);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    address: `127.0.0.1:${(front.address() as AddressInfo).port}`,
    close: async () => {
      front.close();
      await once(front, 'close');
    },
  };
}
