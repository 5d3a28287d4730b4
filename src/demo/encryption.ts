import { randomBytes } from 'node:crypto';
import { openGate } from '../privacy/codec-access';
import { startCodecServer, type CodecServer } from '../privacy/codec-server';
import { KeyRing } from '../privacy/key-ring';

/** What a demonstration encrypts with, and what its UI decrypts by. */
export interface DemoEncryption {
  /** As `KYC_ENCRYPTION_KEYS`; nobody needs it after this run. */
  keys: string;
  codec: CodecServer;
  /** Lets the pages of that UI read. */
  openTo: (uiUrl: string) => void;
}

/** Makes a key for this run alone, and a codec server that asks for no token, on this machine only. */
export async function startDemoEncryption(namespace: string): Promise<DemoEncryption> {
  const keys = `demo:${randomBytes(32).toString('base64')}`;
  const origins = new Set<string>();
  const codec = await startCodecServer({
    ...{ host: '127.0.0.1', port: 0, keys: KeyRing.parse(keys), origins, strict: true },
    ...{ gate: openGate(namespace), audit: () => undefined },
  });
  const openTo = (uiUrl: string): void => {
    const { port } = new URL(uiUrl);
    for (const host of ['127.0.0.1', 'localhost']) origins.add(`http://${host}:${port}`);
  };
  return { keys, codec, openTo };
}
