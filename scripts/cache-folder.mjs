import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where downloaded and built programs are kept: outside the checkout, so that all checkouts of a machine share them. */
export function cacheFolder() {
  const given = process.env.XDG_CACHE_HOME;
  return join(given && isAbsolute(given) ? given : join(homedir(), '.cache'), 'durable-kyc-worker');
}
