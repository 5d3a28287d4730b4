import { Client, Connection } from '@temporalio/client';
import { encryption, KycClient } from '../src/client';
import { mindPlain } from '../src/client/plain-payloads';
import { KeyRing } from '../src/privacy/key-ring';
import { EncryptionPlugin } from '../src/privacy/plugin';

const KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const PRODUCTION = { NODE_ENV: 'production' };

const clientWith = (...plugins: EncryptionPlugin[]): Client => new Client({ connection: Connection.lazy(), plugins });

test('a client that writes plain is refused in production, before anything is sent', () => {
  for (const client of [clientWith(), clientWith(new EncryptionPlugin(KeyRing.empty))]) {
    expect(() => mindPlain(client, PRODUCTION)).toThrow(/^KycClient: .* plugin that encryption\(\) gives/);
  }
  expect(() => mindPlain(clientWith(encryption(KEYS)), PRODUCTION)).not.toThrow();
});

test('KycClient.of warns of it elsewhere, once a process, and not with keys', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
  KycClient.of({ client: clientWith(encryption(KEYS)) });
  expect(warn).not.toHaveBeenCalled();
  KycClient.of({ client: clientWith() });
  KycClient.of({ client: clientWith() });
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toMatch(/in clear; not for production/);
  warn.mockRestore();
});

test('KycClient.of looks at NODE_ENV of the process', () => {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    expect(() => KycClient.of({ client: clientWith() })).toThrow('in clear');
  } finally {
    process.env.NODE_ENV = NODE_ENV;
  }
});
