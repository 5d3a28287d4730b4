import { createSecretKey, type KeyObject } from 'node:crypto';

/** One key for AES-256, and the id by which payloads name it. */
export interface RingKey {
  id: string;
  key: KeyObject;
}

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The keys that payloads are encrypted with: the first one encrypts, all of them decrypt. Without any, all is plain. */
export class KeyRing {
  static readonly empty = new KeyRing([]);

  readonly #keys: ReadonlyMap<string, RingKey>;

  private constructor(keys: readonly RingKey[]) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Reads `id:base64(32 bytes)`, a comma list. Throws an Error that tells what is wrong, and never a key. */
  static parse(text: string): KeyRing {
    const entries = text.split(',').map((entry) => entry.trim());
    const keys = entries.map((entry, index) => parseKey(entry, index + 1));
    const double = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
    if (double !== undefined) throw new Error(`names the key id ${double.id} twice`);
    return new KeyRing(keys);
  }

  /** The key that encrypts; undefined when all is plain. */
  get first(): RingKey | undefined {
    return this.#keys.values().next().value;
  }

  find(id: string): RingKey | undefined {
    return this.#keys.get(id);
  }
}

/** Whether it could be the id of a key, in this ring or another. */
export function isKeyId(id: string): boolean {
  return KEY_ID.test(id);
}

function parseKey(entry: string, place: number): RingKey {
  const [id = '', base64, ...rest] = entry.split(':');
  if (base64 === undefined || rest.length > 0) {
    throw new Error(`must be a comma list of id:base64(32 bytes), and entry ${place} is not of that form`);
  }
  if (!isKeyId(id)) {
    throw new Error(`entry ${place} needs an id of 1 to 64 letters, digits, dots, dashes and underscores`);
  }
  const bytes = Buffer.from(base64, 'base64');
  // Node skips what is no base64, which would make a key of something else.
  if (bytes.length !== KEY_BYTES || unpadded(bytes.toString('base64')) !== unpadded(base64)) {
    throw new Error(`entry ${place} must have a key of 32 bytes as base64, such as "openssl rand -base64 32" prints`);
  }
  return { id, key: createSecretKey(bytes) };
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '');
}
