import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { METADATA_ENCODING_KEY, type Payload } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';
import { temporal } from '@temporalio/proto';
import { isKeyId, type KeyRing, type RingKey } from './key-ring';

/** What an encrypted payload belongs to. It stands in its metadata in clear, and altering it breaks the seal. */
export interface Binding {
  /** Null where the SDK does not tell it. */
  namespace: string | null;
  /** Null for a payload that is bound to no workflow, as the codec server writes for the UI and the CLI. */
  workflowId: string | null;
}

/** What came of opening a payload. */
export type Opened =
  /** It is not encrypted, at least not by us. */
  | { kind: 'clear' }
  | { kind: 'unknownKey'; keyId: string }
  /** It was altered, cut off, or never was one of ours. */
  | { kind: 'broken' }
  | { kind: 'opened'; payload: Payload; binding: Binding };

export const ENCODING = 'binary/encrypted';

/** The names in the metadata of an encrypted payload; all values are UTF-8 text. */
export const METADATA = {
  keyId: 'encryption-key-id',
  namespace: 'encryption-namespace',
  workflowId: 'encryption-workflow-id',
  unbound: 'encryption-unbound',
} as const;

const FORMAT = 1;
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const { Payload: PayloadMessage } = temporal.api.common.v1;

/** Encrypts a payload, metadata included. The data are: format (1 byte), IV (12), ciphertext, tag (16). */
export function seal(payload: Payload, { id, key }: RingKey, binding: Binding): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  cipher.setAAD(associatedData(id, binding));
  const plain = PayloadMessage.encode(payload).finish();
  const encrypted = Buffer.concat([Buffer.of(FORMAT), iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const { namespace, workflowId } = binding;
  return {
    metadata: {
      [METADATA_ENCODING_KEY]: encode(ENCODING),
      [METADATA.keyId]: encode(id),
      ...(namespace === null ? {} : { [METADATA.namespace]: encode(namespace) }),
      ...(workflowId === null ? { [METADATA.unbound]: encode('true') } : { [METADATA.workflowId]: encode(workflowId) }),
    },
    data: encrypted,
  };
}

/** Decrypts a payload and checks that neither it nor its metadata were altered. Whether it is in its place, the caller checks. */
export function open(payload: Payload, keys: KeyRing): Opened {
  if (read(payload, METADATA_ENCODING_KEY) !== ENCODING) return { kind: 'clear' };
  const keyId = read(payload, METADATA.keyId);
  const data = Buffer.from(payload.data ?? []);
  const looksRight = keyId !== null && isKeyId(keyId) && data[0] === FORMAT && data.length >= 1 + IV_BYTES + TAG_BYTES;
  if (!looksRight) return { kind: 'broken' };
  const key = keys.find(keyId);
  if (key === undefined) return { kind: 'unknownKey', keyId };
  const binding = { namespace: read(payload, METADATA.namespace), workflowId: read(payload, METADATA.workflowId) };
  try {
    return { kind: 'opened', payload: decrypt(data, key, binding), binding };
  } catch {
    return { kind: 'broken' };
  }
}

function decrypt(data: Buffer, { id, key }: RingKey, binding: Binding): Payload {
  const decipher = createDecipheriv(CIPHER, key, data.subarray(1, 1 + IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(id, binding));
  decipher.setAuthTag(data.subarray(-TAG_BYTES));
  const encrypted = data.subarray(1 + IV_BYTES, -TAG_BYTES);
  return PayloadMessage.decode(Buffer.concat([decipher.update(encrypted), decipher.final()]));
}

/** JSON, so that no two bindings can be written alike. */
function associatedData(keyId: string, { namespace, workflowId }: Binding): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, keyId, namespace, workflowId]), 'utf8');
}

function read({ metadata }: Payload, name: string): string | null {
  const value = metadata?.[name];
  return value === undefined || value === null ? null : decode(value);
}
