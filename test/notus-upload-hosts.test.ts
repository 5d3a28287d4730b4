import { defaultUploadHosts, hostMatcher as reachOf } from '../src/notus/upload-hosts';

const hostMatcher = (entries: readonly string[]) => {
  const reach = reachOf(entries);
  return (url: string): boolean => reach(url) !== undefined;
};

const byDefault = hostMatcher(defaultUploadHosts('https://api.notus.team/api/v1'));

test.each([
  'https://s3.amazonaws.com/example-bucket',
  'https://s3.us-east-1.amazonaws.com/notus-api-kyc-0000000',
  'https://notus-api-kyc-0000000.s3.amazonaws.com/',
  'https://notus-api-kyc-0000000.s3.us-east-1.amazonaws.com/',
  'https://dotted.bucket.s3.us-gov-west-1.amazonaws.com/',
  'https://S3.US-EAST-1.AMAZONAWS.COM/bucket',
  'https://s3.amazonaws.com:443/bucket',
])('by default allows %s', (url) => {
  expect(byDefault(url)).toBe(true);
});

test.each([
  ['a user in front of another host', 'https://s3.amazonaws.com@evil.example/'],
  ['a user and a password in front of another host', 'https://s3.amazonaws.com:443@evil.example/'],
  ['a user in front of an allowed host', 'https://user@s3.amazonaws.com/'],
  ['a backslash before another host', 'https://evil.example\\@s3.amazonaws.com/'],
  ['a fragment', 'https://evil.example#s3.amazonaws.com'],
  ['a longer host', 'https://s3.amazonaws.com.evil.example/'],
  ['a host that only ends alike', 'https://evil-s3.amazonaws.com/'],
  ['a host that only ends alike, in a region', 'https://evil-s3.us-east-1.amazonaws.com/'],
  ['an empty bucket', 'https://.s3.amazonaws.com/'],
  ['another service of the same domain', 'https://lambda.us-east-1.amazonaws.com/'],
  ['a service below what is no region', 'https://s3.execute-api.amazonaws.com/'],
  ['a domain without the dots', 'https://s3xamazonaws.com/'],
  ['a trailing dot', 'https://s3.amazonaws.com./'],
  ['look-alike letters', 'https://s3.аmazonaws.com/'],
  ['punycode', 'https://s3.xn--mazonaws-5fg.com/'],
  ['another port', 'https://s3.amazonaws.com:8443/'],
  ['plain http', 'http://s3.amazonaws.com/'],
  ['another scheme', 'ftp://s3.amazonaws.com/'],
  ['no address', 's3.amazonaws.com'],
  ['nothing', ''],
  ['this machine', 'http://127.0.0.1:3000/'],
  ['this machine by name', 'https://localhost/'],
  ['this machine in IPv6', 'http://[::1]/'],
  ['this machine as a number', 'http://2130706433/'],
  ['a private address', 'https://10.0.0.1/'],
  ['the address of cloud metadata', 'http://169.254.169.254/latest/meta-data/'],
  ['a pattern of ours as text', 'https://{bucket}.s3.amazonaws.com/'],
])('by default refuses %s: %s', (_what, url) => {
  expect(byDefault(url)).toBe(false);
});

test('a loopback Notus allows its own host and port, and no other port', () => {
  const allows = hostMatcher(defaultUploadHosts('http://127.0.0.1:4010/api/v1'));
  expect(allows('http://127.0.0.1:4010/s3/bucket')).toBe(true);
  expect(allows('http://127.1:4010/s3/bucket')).toBe(true);
  expect(allows('https://s3.us-east-1.amazonaws.com/bucket')).toBe(true);
  expect(allows('http://127.0.0.1:4011/')).toBe(false);
  expect(allows('http://localhost:4010/')).toBe(false);
});

test('a Notus elsewhere adds nothing to the hosts of S3', () => {
  expect(defaultUploadHosts('https://notus.example:8443/api')).toEqual(
    defaultUploadHosts('https://api.notus.team/api/v1'),
  );
});

test.each([
  ['minio.example', 'https://minio.example/', true],
  ['minio.example', 'https://minio.example:9000/', false],
  ['minio.example', 'https://sub.minio.example/', false],
  ['minio.example:9000', 'https://minio.example:9000/', true],
  ['minio.example:9000', 'https://minio.example/', false],
  ['minio.example:443', 'https://minio.example/', true],
  ['MINIO.Example', 'https://minio.example/', true],
  ['minio.example', 'https://minioxexample/', false],
  ['bücher.example', 'https://xn--bcher-kva.example/', true],
  ['10.0.0.1:9000', 'https://10.0.0.1:9000/', true],
  ['10.0.0.1:9000', 'http://10.0.0.1:9000/', false],
  ['localhost', 'http://localhost/', true],
  ['localhost', 'http://localhost:443/', false],
  ['localhost:9000', 'http://localhost:9000/', true],
  ['[::1]:9000', 'http://[::1]:9000/', true],
  ['[::1]:9000', 'http://[0:0:0:0:0:0:0:1]:9000/', true],
  ['[::1]', 'http://[::1]:9000/', false],
])('with "%s" listed, %s is allowed: %s', (entry, url, allowed) => {
  expect(hostMatcher([entry])(url)).toBe(allowed);
});

test.each([
  'https://minio.example',
  'minio.example/path',
  '*.example',
  '*',
  'user@minio.example',
  'minio.example:',
  'minio.example:0',
  'minio.example:70000',
  'minio.example:9000:1',
  '::1',
  '{bucket}.evil.example',
  ' minio.example',
  '',
])('refuses the entry "%s" and quotes it', (entry) => {
  expect(() => hostMatcher([entry])).toThrow(`"${entry}"`);
});
