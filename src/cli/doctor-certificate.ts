import { certificateEnd, clientCertificate } from '../client-certificate';
import { temporalConfig } from '../client/connect-temporal';
import type { CheckGroup } from './doctor-check';

const DAY_MS = 24 * 60 * 60 * 1_000;
const WARN_BEFORE_MS = 30 * DAY_MS;

const REMEDY = 'issue a new one, put it where TEMPORAL_TLS_CLIENT_CERT_PATH points, and restart the workers.';

/** The certificate that this environment shows Temporal; needs no server, since one refuses a certificate that has ended. */
export function checksOfCertificate(env: NodeJS.ProcessEnv): CheckGroup {
  const run = (): Promise<string> => Promise.resolve().then(() => verdict(env));
  return { checks: [{ name: 'client certificate', run }], close: () => undefined };
}

function verdict(env: NodeJS.ProcessEnv): string {
  const pem = clientCertificate(temporalConfig(env).options);
  if (pem === null) return 'none is shown to Temporal';
  const end = certificateEnd(pem);
  if (end === null) {
    throw new Error('The client certificate for Temporal is no PEM certificate: check TEMPORAL_TLS_CLIENT_CERT_PATH.');
  }
  const [day = ''] = end.toISOString().split('T');
  const left = end.getTime() - Date.now();
  if (left <= 0) throw new Error(`The client certificate for Temporal ended on ${day}: ${REMEDY}`);
  if (left < WARN_BEFORE_MS) {
    throw new Error(
      `The client certificate for Temporal ends on ${day}, in ${Math.floor(left / DAY_MS)} days: ${REMEDY}`,
    );
  }
  return `good until ${day}`;
}
