import { METADATA_ENCODING_KEY, type Payload } from '@temporalio/common';
import { z } from 'zod';
import { ENCODING, open, seal } from './envelope';
import type { KeyRing } from './key-ring';

/** Payloads as codec servers are sent them (Temporal docs): every value of the metadata and the data as base64. */
const jsonPayload = z.looseObject({
  metadata: z.record(z.string(), z.string()).nullish(),
  data: z.string().nullish(),
});

export type JsonPayload = z.infer<typeof jsonPayload>;

/** The body of a call, and of its answer. */
export const jsonPayloads = z.object({ payloads: z.array(jsonPayload) });

/** Decrypts what is of that namespace; the rest stays as it is, and what names none is of no namespace. */
export function decodePayloads(payloads: JsonPayload[], keys: KeyRing, namespace: string): JsonPayload[] {
  return payloads.map((json) => {
    const opened = open(fromJson(json), keys);
    if (opened.kind !== 'opened') return json;
    const { binding, payload } = opened;
    return binding.namespace === namespace ? toJson(payload) : json;
  });
}

/** Encrypts for that namespace, bound to no workflow, because nobody says to which; what is encrypted already stays. */
export function encodePayloads(payloads: JsonPayload[], keys: KeyRing, namespace: string): JsonPayload[] {
  const { first } = keys;
  return payloads.map((json) => {
    const payload = fromJson(json);
    const encoding = Buffer.from(payload.metadata?.[METADATA_ENCODING_KEY] ?? []).toString('utf8');
    if (first === undefined || encoding === ENCODING) return json;
    return toJson(seal(payload, first, { namespace, workflowId: null }));
  });
}

function fromJson({ metadata, data }: JsonPayload): Payload {
  const values = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(values), data: Buffer.from(data ?? '', 'base64') };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const values = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)] as const);
  return { metadata: Object.fromEntries(values), data: base64(data) };
}

function base64(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64');
}
