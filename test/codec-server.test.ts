import { once } from 'node:events';
import { connect } from 'node:net';
import { openGate } from '../src/privacy/codec-access';
import { keys, payloadsOf, plain, sealed, SECRET, serving, strange, UI } from './support/codec-caller';

test('decrypts what is of the namespace, and passes on what it cannot decrypt as it came', async () => {
  await serving({}, async ({ post }) => {
    const other = {
      noNamespace: sealed('a', keys, null),
      clear: plain('clear'),
      keyMissing: sealed('b', strange),
      otherNamespace: sealed('c', keys, 'other'),
      altered: { ...sealed('d'), data: Buffer.alloc(40, 1).toString('base64') },
      empty: {},
      nothing: { metadata: {}, data: '' },
      odd: { metadata: { encoding: '%%%' }, data: 'no base64!', more: 1 },
    };
    const answer = await post('/decode', { payloads: [sealed({ firstName: 'Ana' }), ...Object.values(other)] });
    expect(answer.status).toBe(200);
    expect(await payloadsOf(answer)).toEqual([plain({ firstName: 'Ana' }), ...Object.values(other)]);
  });
});

test('encrypts for callers without a workflow, marked as bound to none, and leaves what is encrypted', async () => {
  await serving({}, async ({ post }) => {
    const already = sealed('x');
    const [written, left] = await payloadsOf(await post('/encode', { payloads: [plain({ a: 1 }), already] }));
    expect(left).toEqual(already);
    const read = (name: string): string => Buffer.from(written?.metadata?.[name] ?? '', 'base64').toString();
    expect([read('encoding'), read('encryption-unbound'), read('encryption-namespace')]).toEqual([
      ...['binary/encrypted', 'true', 'default'],
    ]);
    expect(await payloadsOf(await post('/decode', { payloads: [written] }))).toEqual([plain({ a: 1 })]);
  });
});

test('writes down who asked for what, and never what was in it', async () => {
  await serving({}, async ({ post, calls }) => {
    await post('/decode', { payloads: [sealed('canary'), sealed('canary')] }, { origin: UI });
    await post('/decode', { payloads: [] }, { authorization: 'Bearer wrong' });
    expect(calls).toEqual([
      { who: 'the shared secret', namespace: 'default', path: '/decode', origin: UI, payloads: 2, status: 200 },
      expect.objectContaining({ who: null, namespace: 'default', origin: null, payloads: 0, status: 401 }),
    ]);
    expect(JSON.stringify(calls)).not.toMatch(/canary|wrong/);
  });
});

describe('with a shared secret', () => {
  test.each([
    ['none', {}],
    ['another one', { authorization: `Bearer ${SECRET}x` }],
    ['the secret without its scheme', { authorization: SECRET }],
    ['an empty one', { authorization: 'Bearer ' }],
  ])('a call with %s as its token is refused', async (_, given) => {
    await serving({}, async ({ post }) => {
      const answer = await post('/decode', { payloads: [sealed('x')] }, { authorization: '', ...given });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain(sealed('x').data);
    });
  });

  test('another namespace than its own is refused', async () => {
    await serving({}, async ({ post }) => {
      expect((await post('/decode', { payloads: [] }, { 'x-namespace': 'other' })).status).toBe(403);
      expect((await post('/decode', { payloads: [] }, { 'x-namespace': '' })).status).toBe(400);
    });
  });
});

describe('browsers', () => {
  const preflight = (url: string, origin: string): Promise<Response> =>
    fetch(`${url}/decode`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-namespace' },
    });

  test('the pages of a named origin are let in, before the call and with it', async () => {
    await serving({}, async ({ url, post }) => {
      const before = await preflight(url, UI);
      expect(before.status).toBe(204);
      expect(before.headers.get('access-control-allow-origin')).toBe(UI);
      expect(before.headers.get('access-control-allow-methods')).toBe('POST');
      expect(before.headers.get('access-control-allow-headers')).toMatch(/content-type, x-namespace, authorization/);
      const answer = await post('/decode', { payloads: [] }, { origin: UI });
      expect(answer.headers.get('access-control-allow-origin')).toBe(UI);
      expect(answer.headers.get('vary')).toBe('Origin');
      expect(
        (await post('/decode', { payloads: [] }, { origin: UI, authorization: '' })).headers.get(
          'access-control-allow-origin',
        ),
      ).toBe(UI);
    });
  });

  test.each([
    'http://temporal.example',
    'https://temporal.example:8233',
    `${UI}.evil.example`,
    'null',
    'http://evil.example',
  ])('the pages of %s are not', async (origin) => {
    await serving({}, async ({ url, post }) => {
      const before = await preflight(url, origin);
      expect(before.status).toBe(403);
      expect(before.headers.get('access-control-allow-origin')).toBeNull();
      expect((await post('/decode', { payloads: [sealed('x')] }, { origin })).status).toBe(403);
    });
  });
});

describe('without tokens', () => {
  const open = { gate: openGate('default'), strict: true };

  test('a page of a named origin on this machine is answered, for the one namespace', async () => {
    await serving(open, async ({ post }) => {
      const headers = { origin: UI, authorization: '' };
      expect(await payloadsOf(await post('/decode', { payloads: [sealed('x')] }, headers))).toEqual([plain('x')]);
      expect((await post('/decode', { payloads: [] }, { ...headers, 'x-namespace': 'other' })).status).toBe(403);
    });
  });

  test('a call without an origin is refused', async () => {
    await serving(open, async ({ post }) => expect((await post('/decode', { payloads: [] })).status).toBe(403));
  });

  test('a server on another address of this machine is called by it', async () => {
    await serving({ ...open, host: '127.0.0.2' }, async ({ post }) => {
      const headers = { origin: UI, authorization: '' };
      expect(await payloadsOf(await post('/decode', { payloads: [sealed('x')] }, headers))).toEqual([plain('x')]);
    });
  });

  test('a call by another name, as after a trick with DNS, is refused', async () => {
    await serving(open, async ({ url }) => {
      const { port } = new URL(url);
      const head = `POST /decode HTTP/1.1\r\nHost: evil.example:${port}\r\nOrigin: ${UI}\r\nX-Namespace: default\r\n`;
      expect(await raw(Number(port), `${head}Content-Length: 15\r\n\r\n{"payloads":[]}`)).toMatch(/^HTTP\/1.1 403 /);
    });
  });
});

describe('calls that are out of order', () => {
  test.each<[string, number, string, unknown]>([
    ['an unknown path', 404, '/download', { payloads: [] }],
    ['no JSON', 400, '/decode', '{"payloads":'],
    ['no payloads', 400, '/decode', {}],
    ['payloads that are none', 400, '/decode', { payloads: [1] }],
    ['metadata that is no text', 400, '/encode', { payloads: [{ metadata: { encoding: 1 } }] }],
    ['null', 400, '/decode', 'null'],
  ])('%s is answered with %i', async (_, status, path, body) => {
    await serving({}, async ({ post }) => expect((await post(path, body)).status).toBe(status));
  });

  test('only POST is answered', async () => {
    await serving({}, async ({ url }) => expect((await fetch(`${url}/decode`)).status).toBe(405));
  });

  test('a body without end is cut off, announced or not', async () => {
    await serving({}, async ({ post, url }) => {
      expect((await post('/decode', ' '.repeat(17 * 1024 * 1024)).catch(() => null))?.status ?? 413).toBe(413);
      const head = `POST /decode HTTP/1.1\r\nHost: x\r\nX-Namespace: default\r\nAuthorization: Bearer ${SECRET}\r\n`;
      const port = Number(new URL(url).port);
      expect(await raw(port, `${head}Content-Length: 999999999\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /);
      const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
      expect(await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`)).toMatch(
        /^HTTP\/1.1 413 /,
      );
    });
  });
});

test('a call that does not come to its end is cut off', async () => {
  await serving({ withinMs: 300 }, async ({ url }) => {
    const head = `POST /decode HTTP/1.1\r\nHost: x\r\nX-Namespace: default\r\nAuthorization: Bearer ${SECRET}\r\n`;
    expect(await raw(Number(new URL(url).port), `${head}Content-Length: 15\r\n\r\n{`)).toMatch(/^HTTP\/1.1 408 /);
  });
});

/** Sends bytes as they are and gives the beginning of the answer. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(text);
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return first.toString('latin1');
}
