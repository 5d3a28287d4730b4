import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

/** The part of axios's `transport` option that this client uses. */
export interface Transport {
  request(options: https.RequestOptions, onAnswer: (answer: http.IncomingMessage) => void): http.ClientRequest;
}

/** Node's own client, which follows no redirect and buffers nothing; `onRequest` sees each request before it connects. */
export function transport(
  onRequest: (request: http.ClientRequest, secure: boolean) => void,
  own: Pick<https.RequestOptions, 'lookup'> = {},
): Transport {
  return {
    request(options, onAnswer) {
      const secure = options.protocol === 'https:';
      const request = (secure ? https : http).request({ ...options, ...own }, onAnswer);
      onRequest(request, secure);
      return request;
    },
  };
}

/**
 * Tells whether a request can have left this machine, by its socket's events: the same error codes (`ECONNRESET`,
 * `ETIMEDOUT`) come before and after it was written, so codes alone cannot tell.
 */
export class SentWatch {
  private written = false;

  /** `no` until the connection stands, its TLS handshake included; from then on Node writes by itself. */
  get sent(): 'no' | 'perhaps' {
    return this.written ? 'perhaps' : 'no';
  }

  readonly transport = transport((request, secure) => {
    request.once('socket', (socket: Socket) => {
      if (request.reusedSocket || !socket.connecting) this.written = true;
      else socket.once(secure ? 'secureConnect' : 'connect', () => (this.written = true));
    });
  });
}
