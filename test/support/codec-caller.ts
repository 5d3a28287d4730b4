import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { secretGate } from '../../src/privacy/codec-access';
import { startCodecServer, type CodecCall, type CodecServerOptions } from '../../src/privacy/codec-server';
import { seal } from '../../src/privacy/envelope';
import { KeyRing } from '../../src/privacy/key-ring';

export const SECRET = 'a-shared-secret-of-32-characters';
export const UI = 'http://temporal.example:8233';
export const keys = KeyRing.parse(`a:${Buffer.alloc(32, 1).toString('base64')}`);
export const strange = KeyRing.parse(`b:${Buffer.alloc(32, 2).toString('base64')}`);

/** A payload as codec servers are sent it. */
export type Json = { metadata?: Record<string, string>; data?: string };

const json = ({ metadata, data }: Payload): Json => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});
export const plain = (value: unknown): Json => json(defaultPayloadConverter.toPayload(value));
export const sealed = (value: unknown, ring = keys, namespace: string | null = 'default'): Json => {
  const { first } = ring;
  if (first === undefined) throw new Error('The ring is empty.');
  return json(seal(defaultPayloadConverter.toPayload(value), first, { namespace, workflowId: 'verification-1' }));
};

/** A codec server, what it wrote down, and a caller with the secret. */
export interface Running {
  url: string;
  calls: CodecCall[];
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
}

/** Runs a codec server, by default one with a shared secret, and stops it. */
export async function serving(
  options: Partial<CodecServerOptions>,
  body: (running: Running) => Promise<void>,
): Promise<void> {
  const calls: CodecCall[] = [];
  const server = await startCodecServer({
    ...{ host: '127.0.0.1', port: 0, keys, origins: new Set([UI]), strict: false },
    ...{ gate: secretGate(SECRET, 'default'), audit: (call) => calls.push(call) },
    ...options,
  });
  const post: Running['post'] = (path, content, headers = {}) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', 'x-namespace': 'default', authorization: `Bearer ${SECRET}` },
        ...headers,
      },
      body: typeof content === 'string' ? content : JSON.stringify(content),
    });
  try {
    await body({ url: server.url, calls, post });
  } finally {
    await server.close();
  }
}

export const payloadsOf = async (answer: Response): Promise<Json[]> =>
  ((await answer.json()) as { payloads: Json[] }).payloads;
