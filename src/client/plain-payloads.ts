import type { Client } from '@temporalio/client';
import { ConfigError, isProduction } from '../config';
import { EncryptionCodec } from '../privacy/codec';

let warned = false;

/**
 * Refuses a client that writes plain under `NODE_ENV=production`, and warns of it elsewhere, once a process.
 * Throws `ConfigError`.
 */
export function mindPlain({ options }: Client, env: NodeJS.ProcessEnv): void {
  const { payloadCodecs } = options.loadedDataConverter;
  if (payloadCodecs.some((codec) => codec instanceof EncryptionCodec && codec.encrypts)) return;
  if (isProduction(env)) {
    throw new ConfigError(
      'KycClient: its Client must be made with the plugin that encryption() gives under NODE_ENV=production, ' +
        'or personal data would stand in Temporal in clear',
    );
  }
  if (warned) return;
  warned = true;
  process.emitWarning('There are no encryption keys: personal data goes to Temporal in clear; not for production.', {
    type: 'KycWarning',
  });
}
