import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type KeyLike } from 'jose';
import { eitherGate, jwtGate, secretGate } from '../src/privacy/codec-access';
import { payloadsOf, plain, sealed, SECRET, serving } from './support/codec-caller';

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

const RULES = { issuer: 'https://id.fintech.example', audience: 'temporal' };

const token = (
  key: KeyLike | Uint8Array,
  claims: object,
  { alg = 'RS256', exp = '5m' }: { alg?: string; exp?: string | null } = {},
): Promise<string> => {
  const person = { sub: 'ana@fintech.example', permissions: ['default:read'], iss: RULES.issuer, aud: RULES.audience };
  const jwt = new SignJWT({ ...person, ...claims }).setProtectedHeader({ alg, kid: 'k1' });
  return (exp === null ? jwt : jwt.setExpirationTime(exp)).sign(key);
};

test('lets in who may read the namespace, and writes down who it was', async () => {
  await withIssuer(async ({ url, key }) => {
    await serving({ gate: jwtGate({ jwksUrl: url, ...RULES }) }, async ({ post, calls }) => {
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
  ['never ends', 401, ({ privateKey }) => token(privateKey, {}, { exp: null })],
  ['is of another issuer', 401, ({ privateKey }) => token(privateKey, { iss: 'https://id.other.example' })],
  ['names no issuer', 401, ({ privateKey }) => token(privateKey, { iss: undefined })],
  ['is for another audience', 401, ({ privateKey }) => token(privateKey, { aud: 'grafana' })],
  [
    'is signed with a secret, which the public key is not',
    401,
    async ({ publicKey }) => token(Buffer.from(JSON.stringify(await exportJWK(publicKey))), {}, { alg: 'HS256' }),
  ],
  ['tells nobody it is of', 401, ({ privateKey }) => token(privateKey, { sub: undefined })],
  ['is no JWT', 401, () => Promise.resolve('abc')],
])('refuses a token that %s', async (_, status, make) => {
  await withIssuer(async ({ url, key }) => {
    await serving({ gate: jwtGate({ jwksUrl: url, ...RULES }) }, async ({ post }) => {
      const answer = await post('/decode', { payloads: [sealed('x')] }, { authorization: `Bearer ${await make(key)}` });
      expect(answer.status).toBe(status);
    });
  });
});

test('does not look at issuer and audience when it is told of none', async () => {
  await withIssuer(async ({ url, key }) => {
    await serving({ gate: jwtGate({ jwksUrl: url }) }, async ({ post }) => {
      const authorization = `Bearer ${await token(key.privateKey, { iss: 'https://other.example', aud: 'other' })}`;
      expect((await post('/decode', { payloads: [] }, { authorization })).status).toBe(200);
    });
  });
});

test('people by their JWTs and the command line by the secret are let in by one server', async () => {
  await withIssuer(async ({ url, key }) => {
    const gate = eitherGate(secretGate(SECRET, 'default'), jwtGate({ jwksUrl: url, ...RULES }));
    await serving({ gate }, async ({ post, calls }) => {
      for (const bearer of [SECRET, await token(key.privateKey, {}), `${SECRET}x`]) {
        await post('/decode', { payloads: [] }, { authorization: `Bearer ${bearer}` });
      }
      expect(calls.map(({ who, status }) => [who, status])).toEqual([
        ['the shared secret', 200],
        ['ana@fintech.example', 200],
        [null, 401],
      ]);
    });
  });
});

test('says so when the keys cannot be had, since the token may be good', async () => {
  await withIssuer(async ({ url, key, down }) => {
    down();
    await serving({ gate: jwtGate({ jwksUrl: url }) }, async ({ post }) => {
      const authorization = `Bearer ${await token(key.privateKey, {})}`;
      expect((await post('/decode', { payloads: [] }, { authorization })).status).toBe(503);
    });
  });
});
