import { KeyRing } from '../privacy/key-ring';
import { EncryptionPlugin } from '../privacy/plugin';

/**
 * The plugin for a `Client` or `Connection` of your own, so that it writes and reads as the workers do.
 * @param keys as in `KYC_ENCRYPTION_KEYS`: `id:base64(32 bytes)`, a comma list, the first one encrypts. Throws an Error
 * that tells what is wrong with them, and never a key.
 */
export function encryption(keys: string): EncryptionPlugin {
  return new EncryptionPlugin(KeyRing.parse(keys));
}
