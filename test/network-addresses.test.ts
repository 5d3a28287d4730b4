import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpsSource } from '../src/documents/https-source';
import { ADDRESS_REFUSED, guardedLookup, isAllowedAddress } from '../src/network/addresses';
import { UploadAddressRefusedError } from '../src/notus/errors';
import { FormUploader } from '../src/notus/upload';
import { defaultUploadHosts } from '../src/notus/upload-hosts';
import { failure } from './support/failure';
import { leadName } from './support/names';
import { uploadFile } from './support/upload-file';

test.each([
  '8.8.8.8',
  '52.217.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '2600:1fa0::1',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
])('allows %s to every host', (address) => {
  expect([isAllowedAddress(address, 'public'), isAllowedAddress(address, 'listed')]).toEqual([true, true]);
});

test.each([
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '::1',
  'fc00::1',
  'fd12:3456::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:c0a8:0101',
  '64:ff9b::a00:1',
  '::10.0.0.1',
  '2002:a00:1::1',
  '2001:0:a00:1::',
  '::ffff:0:10.0.0.1',
  '::ffff:0:808:808',
  'fec0::1',
  'feff::1',
])('allows %s to a host that is listed, and to no other', (address) => {
  expect([isAllowedAddress(address, 'public'), isAllowedAddress(address, 'listed')]).toEqual([false, true]);
});

test.each([
  '169.254.169.254',
  '169.254.0.1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  '0.0.0.0',
  '::',
  '224.0.0.1',
  '255.255.255.255',
  'ff02::1',
  '',
  'localhost',
  '10.0.0',
])('allows %p to no host', (address) => {
  expect([isAllowedAddress(address, 'public'), isAllowedAddress(address, 'listed')]).toEqual([false, false]);
});

test('a name that leads to this machine gets no connection, unless its host is listed', async () => {
  let connections = 0;
  const server = http.createServer((_, response) => response.end('reached')).on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (reach: 'public' | 'listed'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { host: 'rebound.example', port, agent: false as const, lookup: guardedLookup(reach) };
      http.get(options, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
  try {
    leadName('rebound.example', '127.0.0.1');
    await expect(ask('public')).rejects.toMatchObject({ code: ADDRESS_REFUSED });
    expect(connections).toBe(0);
    expect(await ask('listed')).toBe(200);
  } finally {
    server.close();
  }
});

test('a name that nobody knows is an error of the name service', async () => {
  const options = { host: 'no-such-host.invalid', lookup: guardedLookup('public') };
  const asked = new Promise((resolve, reject) => http.get(options, resolve).on('error', reject));
  expect(await failure(asked)).not.toMatchObject({ code: ADDRESS_REFUSED });
});

const HOST = 's3.us-east-1.amazonaws.com';
const form = { url: `https://${HOST}/bucket`, fields: { key: 'k' } };
const upload = (allowedHosts: readonly string[]): Promise<void> => {
  return new FormUploader({ timeoutMs: 2_000, allowedHosts }).upload(form, uploadFile(Buffer.from('x')));
};
const byDefault = defaultUploadHosts('https://api.notus.team/api/v1');

test.each([['10.0.0.1'], ['169.254.169.254'], ['::ffff:127.0.0.1'], ['8.8.8.8', '192.168.0.1']])(
  'sends no document to an S3 host that leads to %s',
  async (...addresses) => {
    leadName(HOST, ...addresses);
    expect(await failure(upload(byDefault))).toBeInstanceOf(UploadAddressRefusedError);
  },
);

test('an S3 host that is listed itself may lead to a private address, never to that of cloud credentials', async () => {
  leadName(HOST, '127.0.0.1');
  expect(await failure(upload([...byDefault, HOST]))).toMatchObject({
    name: 'UploadNetworkError',
    code: 'ECONNREFUSED',
  });
  leadName(HOST, '169.254.169.254');
  expect(await failure(upload([...byDefault, HOST]))).toBeInstanceOf(UploadAddressRefusedError);
});

test('reads no document from a source that leads to the address of cloud credentials', async () => {
  leadName('files.example', '169.254.169.254');
  const opened = new HttpsSource('https://files.example').open('https://files.example/a.jpg', 2_000);
  await expect(opened).rejects.toMatchObject({ name: 'DocumentStoreUnavailableError' });
  await expect(opened).rejects.toThrow('leads to an address of no server');
});
