import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type KeyLike } from 'jose';
import { jwtGate } from '../src/privacy/codec-access';
import { payloadsOf, plain, sealed, serving } from './support/codec-caller';

type Key = { publicKey: KeyLike; privateKey: KeyLike };

async function withIssuer(body: (issuer: { url: string; key: Key; down: () => void }) => Promise<void>): Promise<void> {
  const key = (await generateKeyPair('RS256')) as Key;
  const jwk = { ...(await exportJWK(key.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  let isUp = true;
  const server = createServer((_, response) =>
    response.writeHead(isUp ? 200 : 500).end(JSON.stringify({ keys: [jwk] })),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await body({ url: `http://127.0.0.1:${port}/keys`, key, down: () => (isUp = false) });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const token = (key: KeyLike, claims: object, { alg = 'RS256', exp = '5m' } = {}): Promise<string> =>
  new SignJWT({ sub: 'ana@fintech.example', permissions: ['default:read'], ...claims })
    .setProtectedHeader({ alg, kid: 'k1' })
    .setExpirationTime(exp)
    .sign(key);

test('lets in who may read the namespace, and writes down who it was', async () => {
  await withIssuer(async ({ url, key }) => {
    await serving({ gate: jwtGate(url) }, async ({ post, calls }) => {
      for (const permissions of [['default:read'], ['x:read', 'default:admin'], ['temporal-system:read']]) {
        const authorization = `Bearer ${await token(key.privateKey, { permissions })}`;
        const answer = await post('/decode', { payloads: [sealed('x')] }, { authorization });
        expect(await payloadsOf(answer)).toEqual([plain('x')]);
      }
      expect(calls.map(({ who }) => who)).toEqual(Array(3).fill('ana@fintech.example'));
    });
  });
});

test.each<[string, number, (key: Key) => Promise<string>]>([
  ['is for another namespace', 403, ({ privateKey }) => token(privateKey, { permissions: ['other:admin'] })],
  ['names no namespace', 403, ({ privateKey }) => token(privateKey, { permissions: undefined })],
  [
    'names the namespace as a part of another',
    403,
    ({ privateKey }) => token(privateKey, { permissions: ['xdefault:read', 'default:readx', 'default'] }),
  ],
  ['is out of date', 401, ({ privateKey }) => token(privateKey, {}, { exp: '-1m' })],
  ['is signed by somebody else', 401, async () => token(((await generateKeyPair('RS256')) as Key).privateKey, {})],
  [
    'says who signed it is nobody',
    401,
    async ({ privateKey }) => {
      const [, claims] = (await token(privateKey, {})).split('.');
      return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    },
  ],
  ['tells nobody it is of', 401, ({ privateKey }) => token(privateKey, { sub: undefined })],
  ['is no JWT', 401, () => Promise.resolve('abc')],
])('refuses a token that %s', async (_, status, make) => {
  await withIssuer(async ({ url, key }) => {
    await serving({ gate: jwtGate(url) }, async ({ post }) => {
      const answer = await post('/decode', { payloads: [sealed('x')] }, { authorization: `Bearer ${await make(key)}` });
      expect(answer.status).toBe(status);
    });
  });
});

test('says so when the keys cannot be had, since the token may be good', async () => {
  await withIssuer(async ({ url, key, down }) => {
    down();
    await serving({ gate: jwtGate(url) }, async ({ post }) => {
      const authorization = `Bearer ${await token(key.privateKey, {})}`;
      expect((await post('/decode', { payloads: [] }, { authorization })).status).toBe(503);
    });
  });
});
