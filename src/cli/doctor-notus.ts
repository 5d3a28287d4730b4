import { randomUUID } from 'node:crypto';
import { loadNotusConfig } from '../config';
import { NotusHttpError, NotusNetworkError } from '../notus/errors';
import { NotusClient } from '../notus/client';
import { clockVerdict } from './clock';
import type { CheckGroup } from './doctor-check';

const LONGEST_CALL_MS = 10_000;

/** Notus as a worker of this environment would meet it; opens no session. */
export function checksOfNotus(env: NodeJS.ProcessEnv): CheckGroup {
  return {
    checks: [
      { name: 'Notus and its key', run: () => tryKey(env) },
      { name: "Notus's clock", run: () => readClock(env) },
    ],
    close: () => undefined,
  };
}

/** Looks at a session that cannot exist: only a caller with a good key is told so. */
async function tryKey(env: NodeJS.ProcessEnv): Promise<string> {
  const { url, apiKey, timeoutMs } = loadNotusConfig(env);
  const notus = new NotusClient({ baseUrl: url, apiKey, timeoutMs: Math.min(timeoutMs, LONGEST_CALL_MS) });
  try {
    await notus.getSession(randomUUID());
  } catch (error) {
    if (error instanceof NotusNetworkError) {
      throw new Error(`Notus does not answer (${error.code}): check NOTUS_API_URL and the way to it.`);
    }
    if (!(error instanceof NotusHttpError)) throw error;
    const { status, id } = error;
    if (status === 404 && id === 'STANDARD_SESSION_NOT_FOUND') return `the key is good at ${url}`;
    if (status === 401 || status === 403) throw keyRefused(status);
    throw error;
  } finally {
    notus.close();
  }
  throw new Error('Notus tells of a session that cannot exist: check NOTUS_API_URL.');
}

async function readClock(env: NodeJS.ProcessEnv): Promise<string> {
  const { url } = loadNotusConfig(env);
  const begin = Date.now();
  const signal = AbortSignal.timeout(LONGEST_CALL_MS);
  // Any answer tells the time, so this one goes without the key.
  const answer = await fetch(url, { method: 'HEAD', redirect: 'manual', signal }).catch(() => {
    throw new Error('Not looked at, because Notus does not answer.');
  });
  const at = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(at)) throw new Error('Notus does not tell its time: check that NOTUS_API_URL is that of Notus.');
  return clockVerdict(at - (begin + Date.now()) / 2, "Notus's");
}

function keyRefused(status: number): Error {
  return new Error(
    `Notus refuses the key (HTTP ${status}): check NOTUS_API_KEY, and that the feature is enabled for it.`,
  );
}
