import { X509Certificate } from 'node:crypto';
import type { TemporalConfig } from './client/connect-temporal';

/** The certificate that workers and clients show Temporal, as PEM; null when they show none. */
export function clientCertificate({ tls }: TemporalConfig['options']): Buffer | null {
  const pair = typeof tls === 'object' && tls !== null ? tls.clientCertPair : undefined;
  return pair ? Buffer.from(pair.crt) : null;
}

/** When a PEM certificate ends, the first one where it holds a chain; null when it can't be read. */
export function certificateEnd(pem: Buffer): Date | null {
  try {
    return new Date(new X509Certificate(pem).validTo);
  } catch {
    return null;
  }
}
