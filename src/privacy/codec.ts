import {
  ApplicationFailure,
  METADATA_ENCODING_KEY,
  type Payload,
  type PayloadCodec,
  type SerializationContext,
} from '@temporalio/common';
import { encode } from '@temporalio/common/lib/encoding';
import { open, seal, type Binding } from './envelope';
import type { KeyRing } from './key-ring';

/** Who is told of payloads that are not as they should be. */
export interface PayloadWatch {
  /** A payload in clear, although there are keys. */
  clear(workflowId: string | undefined): void;
  /** A payload whose key is not in the ring. */
  unknownKey(keyId: string, workflowId: string | undefined): void;
  /** A payload that was altered, or belongs to another verification. */
  unusable(workflowId: string | undefined): void;
}

/** What a client's codec throws of a payload that it can't read. */
export class UnreadablePayloadError extends Error {
  override readonly name = 'UnreadablePayloadError';

  /** @param missingKeyId the key that the ring lacks; null when the payload itself is at fault */
  constructor(readonly missingKeyId: string | null) {
    super(
      missingKeyId === null
        ? 'A payload was altered, or belongs to another workflow.'
        : `A payload is encrypted with the key ${missingKeyId}, which is not in the ring.`,
    );
  }
}

/** Decoded by no converter, so that it reads as the marker for what can't be used. */
const UNUSABLE: Payload = { metadata: { [METADATA_ENCODING_KEY]: encode('binary/unusable') } };

/** How soon an activity whose key is missing is tried again; a workflow task is retried as the server sees fit. */
const UNKNOWN_KEY_RETRY_MS = 30_000;

/** Encrypts all that is written, if there is a key to do it with. Two of them in a row are one too many. */
export abstract class EncryptionCodec implements PayloadCodec {
  constructor(protected readonly keys: KeyRing) {}

  get encrypts(): boolean {
    return this.keys.first !== undefined;
  }

  encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const { first } = this.keys;
    const binding = { namespace: context?.namespace ?? null, workflowId: context?.workflowId ?? null };
    return Promise.resolve(first === undefined ? payloads : payloads.map((payload) => seal(payload, first, binding)));
  }

  decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return Promise.resolve().then(() => payloads.map((payload) => this.read(payload, context)));
  }

  protected abstract read(payload: Payload, context: SerializationContext | undefined): Payload;
}

/**
 * For workers. What is at fault reads as unusable, so that it is refused like any nonsense. For a key that is missing
 * it throws: the task waits and is tried again until the key is back.
 */
export class WorkerCodec extends EncryptionCodec {
  constructor(
    keys: KeyRing,
    private readonly watch: PayloadWatch,
  ) {
    super(keys);
  }

  protected read(payload: Payload, context: SerializationContext | undefined): Payload {
    const workflowId = context?.workflowId;
    const opened = open(payload, this.keys);
    switch (opened.kind) {
      case 'clear':
        if (this.keys.first !== undefined) this.watch.clear(workflowId);
        return payload;
      case 'unknownKey':
        this.watch.unknownKey(opened.keyId, workflowId);
        throw unknownKey(opened.keyId);
      case 'opened':
        if (isInPlace(opened.binding, context)) return opened.payload;
    }
    this.watch.unusable(workflowId);
    return UNUSABLE;
  }
}

/** For clients: throws `UnreadablePayloadError` for what it can't read, and takes payloads in clear as they are. */
export class ClientCodec extends EncryptionCodec {
  protected read(payload: Payload, context: SerializationContext | undefined): Payload {
    const opened = open(payload, this.keys);
    if (opened.kind === 'clear') return payload;
    if (opened.kind === 'unknownKey') throw new UnreadablePayloadError(opened.keyId);
    if (opened.kind === 'opened' && isInPlace(opened.binding, context)) return opened.payload;
    throw new UnreadablePayloadError(null);
  }
}

/**
 * Where the SDK tells no context, there is nothing to compare the binding with. What the codec server wrote names no
 * workflow; it is taken wherever a payload in clear is, from an operator who completes a step by hand, too.
 */
function isInPlace(binding: Binding, context: SerializationContext | undefined): boolean {
  if (context === undefined) return true;
  if (binding.namespace !== null && binding.namespace !== context.namespace) return false;
  return binding.workflowId === null || binding.workflowId === context.workflowId;
}

function unknownKey(keyId: string): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type: 'UnknownEncryptionKey',
    message: `This worker lacks the encryption key ${keyId}: add it to KYC_ENCRYPTION_KEYS; until then this waits.`,
    nextRetryDelay: UNKNOWN_KEY_RETRY_MS,
  });
  failure.stack = '';
  return failure;
}
