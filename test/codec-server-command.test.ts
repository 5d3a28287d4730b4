import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigError, loadCodecConfig } from '../src/config';
import { kyc } from './support/kyc-command';

const SETUP = join(__dirname, '../scripts/setup.mjs');
const PROGRAM = join(__dirname, '../lib/cli/main.js');

interface Line {
  message: string;
  url?: string;
}

/** `kyc codec-server` as a process of its own. */
class CodecServerProcess {
  readonly lines: Line[] = [];

  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when it listens. */
  static async start(env: Record<string, string>): Promise<CodecServerProcess> {
    const child = spawn(process.execPath, [PROGRAM, 'codec-server'], { env: { PATH: process.env.PATH, ...env } });
    const server = new CodecServerProcess(child);
    const ready = new Promise<void>((resolve, reject) => {
      createInterface(child.stdout).on('line', (line) => {
        server.lines.push(JSON.parse(line) as Line);
        resolve();
      });
      child.once('exit', () => reject(new Error('It ended before it listened.')));
    });
    await ready;
    return server;
  }

  get url(): string {
    return this.lines[0]?.url ?? '';
  }

  /** Gives its exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const closed = once(this.child, 'close');
    this.child.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }
}

const KEYS = { KYC_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}` };
const SECRET = 'a-secret-of-at-least-32-characters';
const UI = 'https://temporal.example.com';

// Builds `lib` if need be.
beforeAll(() => void execFileSync(process.execPath, [SETUP, '--quiet']), 120_000);

test('reads what it needs, and where it listens unless told', () => {
  expect(loadCodecConfig({ ...KEYS, KYC_CODEC_TOKEN: SECRET })).toMatchObject({
    address: { host: '127.0.0.1', port: 8081 },
    origins: [],
    access: { kind: 'tokens', secret: SECRET },
  });
  const jwt = { KYC_CODEC_JWKS_URL: 'https://id.example.com/keys', KYC_CODEC_ORIGINS: UI };
  expect(loadCodecConfig({ ...KEYS, ...jwt, KYC_CODEC_ADDRESS: '0.0.0.0:80' })).toMatchObject({
    address: { host: '0.0.0.0', port: 80 },
    origins: [UI],
    access: { kind: 'tokens', jwt: { jwksUrl: 'https://id.example.com/keys' } },
  });
  const rules = { KYC_CODEC_JWT_ISSUER: 'https://id.example.com', KYC_CODEC_JWT_AUDIENCE: 'temporal' };
  expect(loadCodecConfig({ ...KEYS, ...jwt, ...rules, KYC_CODEC_TOKEN: SECRET }).access).toEqual({
    kind: 'tokens',
    secret: SECRET,
    jwt: { jwksUrl: 'https://id.example.com/keys', issuer: 'https://id.example.com', audience: 'temporal' },
  });
  const none = { KYC_CODEC_AUTH: 'none', KYC_CODEC_ORIGINS: `${UI},http://localhost:8233` };
  expect(loadCodecConfig({ ...KEYS, ...none, KYC_CODEC_ADDRESS: '[::1]:0' })).toMatchObject({
    origins: [UI, 'http://localhost:8233'],
    access: { kind: 'none' },
  });
});

const open = { KYC_CODEC_AUTH: 'none', KYC_CODEC_ORIGINS: UI };

test.each<[string, string, Record<string, string>]>([
  ['without keys', 'KYC_ENCRYPTION_KEYS', { KYC_ENCRYPTION_KEYS: '', KYC_CODEC_TOKEN: SECRET }],
  ['with neither a token nor a JWKS', 'KYC_CODEC_TOKEN', {}],
  ['with a token and open to all', 'KYC_CODEC_TOKEN', { ...open, KYC_CODEC_TOKEN: SECRET }],
  ['with an issuer and no JWKS', 'KYC_CODEC_JWKS_URL', { KYC_CODEC_TOKEN: SECRET, KYC_CODEC_JWT_ISSUER: 'https://a' }],
  ['with a token that is short', 'KYC_CODEC_TOKEN', { KYC_CODEC_TOKEN: 'too-short-9Zk' }],
  ['with a JWKS over http', 'KYC_CODEC_JWKS_URL', { KYC_CODEC_JWKS_URL: 'http://id.example.com/keys' }],
  ['open under NODE_ENV=production', 'KYC_CODEC_AUTH', { ...open, NODE_ENV: 'production' }],
  ['open on all addresses', 'KYC_CODEC_AUTH', { ...open, KYC_CODEC_ADDRESS: '0.0.0.0:8081' }],
  ['open on a host of another name', 'KYC_CODEC_AUTH', { ...open, KYC_CODEC_ADDRESS: 'codec.example.com:8081' }],
  ['open to pages of any origin', 'KYC_CODEC_ORIGINS', { KYC_CODEC_AUTH: 'none' }],
  ['with * for an origin', 'KYC_CODEC_ORIGINS', { KYC_CODEC_TOKEN: SECRET, KYC_CODEC_ORIGINS: '*' }],
])('refuses to run %s: one sentence by the name %s, without its value', async (_, name, given) => {
  const env = { ...KEYS, ...given };
  expect(() => loadCodecConfig(env)).toThrow(ConfigError);

  const { code, out, err } = await kyc(['codec-server'], env);

  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err.split('\n')).toHaveLength(1);
  expect(err).toContain(name);
  expect(err).not.toMatch(/too-short-9Zk|a-secret-of/);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'tells where it listens and who asked, and ends with 0 on %s, a silent connection or none',
  async (signal) => {
    const env = { ...KEYS, KYC_CODEC_TOKEN: SECRET, KYC_CODEC_ADDRESS: '127.0.0.1:0', LOG_FORMAT: 'json' };
    const server = await CodecServerProcess.start(env);
    const { host, hostname, port } = new URL(server.url);
    const silent = connect(Number(port), hostname);
    await once(silent, 'connect');
    silent.on('error', () => undefined);
    const headers = { authorization: `Bearer ${SECRET}`, 'x-namespace': 'default', 'content-type': 'application/json' };
    const answer = await fetch(`http://${host}/decode`, { method: 'POST', headers, body: '{"payloads":[]}' });
    expect(await answer.json()).toEqual({ payloads: [] });

    expect(await server.end(signal)).toBe(0);

    const said = server.lines.map(({ message }) => message);
    expect(said).toEqual(['codec server ready', 'codec call', 'codec server stopped']);
    expect(server.lines[1]).toMatchObject({
      who: 'the shared secret',
      namespace: 'default',
      path: '/decode',
      status: 200,
    });
    expect(JSON.stringify(server.lines)).not.toContain(SECRET);
    silent.destroy();
  },
);
