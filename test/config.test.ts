import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, loadClientConfig, loadNotusConfig, loadWorkerConfig } from '../src/config';

const CANARY = 'canary-7391';
const KEY = { NOTUS_API_KEY: 'key-1' };

function refusal(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('The configuration was taken.');
}

const refused = (env: Record<string, string>): string => refusal(() => loadWorkerConfig({ ...KEY, ...env }));

test('needs the key of Notus alone, and fills in the rest', () => {
  expect(loadWorkerConfig({ ...KEY, LOG_FORMAT: 'json' })).toEqual({
    taskQueue: 'kyc',
    documentStore: pathToFileURL(resolve('kyc-documents')).href,
    notus: { url: 'https://api.notus.team/api/v1', apiKey: 'key-1', timeoutMs: 30_000 },
    log: { level: 'info', format: 'json' },
    documentSources: [],
    uploadHosts: undefined,
    maxRequestsPerSecond: undefined,
    healthAddress: { host: '127.0.0.1', port: 8080 },
    metricsAddress: { host: '127.0.0.1', port: 9464 },
  });
});

test('reads every variable', () => {
  const env = {
    ...{ ...KEY, NOTUS_API_URL: 'https://notus.example/api/', NOTUS_TIMEOUT_MS: '60000' },
    ...{ KYC_TASK_QUEUE: 'kyc-eu', KYC_DOCUMENT_STORE: 'file:///var/kyc', KYC_MAX_REQUESTS_PER_SECOND: '0.5' },
    ...{ KYC_DOCUMENT_SOURCES: 'file:///a, https://host ,', KYC_UPLOAD_HOSTS: 's3.example:9000' },
    ...{ KYC_HEALTH_ADDRESS: '0.0.0.0:80', KYC_METRICS_ADDRESS: '[::]:0', LOG_LEVEL: 'debug', LOG_FORMAT: 'pretty' },
  };
  expect(loadWorkerConfig(env)).toEqual({
    taskQueue: 'kyc-eu',
    documentStore: 'file:///var/kyc',
    notus: { url: 'https://notus.example/api', apiKey: 'key-1', timeoutMs: 60_000 },
    log: { level: 'debug', format: 'pretty' },
    documentSources: ['file:///a', 'https://host'],
    uploadHosts: ['s3.example:9000'],
    maxRequestsPerSecond: 0.5,
    healthAddress: { host: '0.0.0.0', port: 80 },
    metricsAddress: { host: '::', port: 0 },
  });
});

test('takes a version of a deployment, and neither half of it alone', () => {
  const deployment = { deploymentName: 'kyc', buildId: '2026-11-23.4f1c' };
  const [KYC_DEPLOYMENT_NAME, KYC_BUILD_ID] = Object.values(deployment) as [string, string];
  expect(loadWorkerConfig({ ...KEY, KYC_DEPLOYMENT_NAME, KYC_BUILD_ID })).toMatchObject({ deployment });
  expect(refused({ KYC_DEPLOYMENT_NAME })).toMatch(/^KYC_BUILD_ID: must be set, since KYC_DEPLOYMENT_NAME is/);
  expect(refused({ KYC_BUILD_ID })).toMatch(/^KYC_DEPLOYMENT_NAME: must be set, since KYC_BUILD_ID is/);
  expect(refused({ KYC_DEPLOYMENT_NAME: 'a.b', KYC_BUILD_ID })).toMatch(/^KYC_DEPLOYMENT_NAME: must be up to 200/);
  expect(refused({ KYC_DEPLOYMENT_NAME, KYC_BUILD_ID: 'a b' })).toMatch(/^KYC_BUILD_ID: must be up to 200/);
});

test('blank is the same as absent', () => {
  const blank = Object.fromEntries(
    ['NOTUS_API_URL', 'KYC_TASK_QUEUE', 'KYC_UPLOAD_HOSTS', 'KYC_HEALTH_ADDRESS', 'LOG_LEVEL', 'NODE_ENV'].map(
      (name) => [name, '  '],
    ),
  );
  expect(loadWorkerConfig({ ...KEY, ...blank })).toEqual(loadWorkerConfig(KEY));
  expect(refusal(() => loadWorkerConfig({ NOTUS_API_KEY: ' \n' }))).toBe('NOTUS_API_KEY: must be set');
});

test('a value may have blanks around it', () => {
  expect(loadNotusConfig({ NOTUS_API_KEY: ' key-1\n' })).toMatchObject({ apiKey: 'key-1' });
});

test('names every variable that is wrong, one line each', () => {
  const lines = refusal(() => loadWorkerConfig({ NOTUS_TIMEOUT_MS: '5', LOG_LEVEL: 'loud' })).split('\n');
  expect(lines.map((line) => line.split(':')[0])).toEqual(['LOG_LEVEL', 'NOTUS_API_KEY', 'NOTUS_TIMEOUT_MS']);
});

test('A24: no variable is quoted in a refusal', () => {
  const wrong = {
    ...{ NOTUS_API_URL: `http://${CANARY}`, NOTUS_TIMEOUT_MS: CANARY, KYC_MAX_REQUESTS_PER_SECOND: CANARY },
    ...{ NOTUS_API_KEY: `${CANARY}é`, KYC_HEALTH_ADDRESS: CANARY, KYC_METRICS_ADDRESS: CANARY },
    ...{ LOG_LEVEL: CANARY, LOG_FORMAT: CANARY },
  };
  const message = refused(wrong);
  for (const name of Object.keys(wrong)) expect(message).toMatch(new RegExp(`^${name}: must be `, 'm'));
  expect(message).not.toContain(CANARY);
});

describe('each part reads its own variables alone', () => {
  test('a client needs no key of Notus, and does not see what is wrong elsewhere', () => {
    expect(loadClientConfig({ NOTUS_TIMEOUT_MS: 'x', LOG_LEVEL: 'x', KYC_TASK_QUEUE: 'q' })).toMatchObject({
      taskQueue: 'q',
    });
  });

  test('what asks Notus needs its key, and no more', () => {
    expect(loadNotusConfig({ ...KEY, KYC_HEALTH_ADDRESS: 'x' })).toMatchObject({ apiKey: 'key-1' });
    expect(refusal(() => loadNotusConfig({}))).toBe('NOTUS_API_KEY: must be set');
  });
});

describe('NOTUS_API_URL', () => {
  test.each([
    ['https://api.notus.team/api/v1', 'https://api.notus.team/api/v1'],
    ['https://host:8443///', 'https://host:8443'],
    ['http://127.0.0.1:9000/api/v1/', 'http://127.0.0.1:9000/api/v1'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['http://127.8.9.10', 'http://127.8.9.10'],
    ['http://[::1]:9000/api', 'http://[::1]:9000/api'],
  ])('takes %s', (given, url) => {
    expect(loadNotusConfig({ ...KEY, NOTUS_API_URL: given }).url).toBe(url);
  });

  test.each([
    ...['http://api.notus.team', 'http://10.0.0.1', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example'],
    ...['http://[::2]', 'ftp://host', 'api.notus.team', 'https://', 'https://user@host', 'https://user:pw@host'],
    ...['https://:pw@host', 'https://host/?key=1', 'https://host/#a', 'http://0.0.0.0:9000'],
  ])('refuses %s', (given) => {
    expect(refused({ NOTUS_API_URL: given })).toBe(
      'NOTUS_API_URL: must be an https URL without user, query and fragment (http only for a loopback address)',
    );
  });
});

test.each(['ключ', 'two words', 'line\nbreak', 'nul\u0000', '“key”'])(
  'refuses %j as a key: no header can carry it',
  (key) => {
    expect(refused({ NOTUS_API_KEY: key })).toBe('NOTUS_API_KEY: must be ASCII without blanks');
  },
);

test.each(['1000', '30000', '60000'])('takes %s ms as a time-out', (value) => {
  expect(loadNotusConfig({ ...KEY, NOTUS_TIMEOUT_MS: value }).timeoutMs).toBe(Number(value));
});

test.each(['999', '60001', '1e4', '5000.5', '-5000', '0x1388', '5 000', '30s'])('refuses %s as a time-out', (value) => {
  expect(refused({ NOTUS_TIMEOUT_MS: value })).toBe('NOTUS_TIMEOUT_MS: must be a whole number from 1000 to 60000');
});

test.each(['0', '0.0', '-1', '1e3', 'Infinity', '.5', '5/s'])('refuses %s as a cap on calls', (value) => {
  expect(refused({ KYC_MAX_REQUESTS_PER_SECOND: value })).toBe(
    'KYC_MAX_REQUESTS_PER_SECOND: must be a number above 0, such as 5 or 0.5',
  );
});

describe('addresses', () => {
  test.each([
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['0.0.0.0:65535', { host: '0.0.0.0', port: 65_535 }],
  ])('takes %s', (value, address) => {
    expect(loadWorkerConfig({ ...KEY, KYC_HEALTH_ADDRESS: value }).healthAddress).toEqual(address);
  });

  test.each(['8080', ':8080', 'host:', 'host', 'host:65536', 'host:-1', 'host:http'])('refuses %s', (value) => {
    expect(refused({ KYC_METRICS_ADDRESS: value })).toBe(
      'KYC_METRICS_ADDRESS: must be host:port, such as 127.0.0.1:8080',
    );
  });
});

describe('under NODE_ENV=production', () => {
  const production = { ...KEY, NODE_ENV: 'production', KYC_DOCUMENT_STORE: 'file:///var/kyc' };

  test.each([
    ['worker', () => loadWorkerConfig(production)],
    ['client', () => loadClientConfig(production)],
  ])('a %s without encryption keys is refused', (_, load) => {
    expect(refusal(load)).toMatch(/^KYC_ENCRYPTION_KEYS: NODE_ENV=production demands encryption/);
  });
});
