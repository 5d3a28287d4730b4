import { decode } from '@temporalio/common/lib/encoding';
import { METADATA } from './envelope';

/** The ids of the keys of all encrypted payloads in a message of Temporal's API; needs no key. */
export function keyIdsIn(message: unknown): Set<string> {
  const found = new Set<string>();
  const search = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === METADATA.keyId && inner instanceof Uint8Array) found.add(decode(inner));
      else search(inner);
    }
  };
  search(message);
  return found;
}
