import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateEnd } from '../../src/client-certificate';
import { freePort } from '../../src/demo/ports';
import { selfSigned } from '../support/certificates';
import { kill, until, useEndToEnd } from '../support/end-to-end';
import { kyc } from '../support/kyc-command';
import { scrape, total } from '../support/metrics';
import { temporaryFolder } from '../support/temporary-folder';
import { startTlsFront } from '../support/tls-front';

const { at } = useEndToEnd();

const EXPIRY = 'kyc_certificate_expiry_timestamp_seconds';

test(
  'a worker that shows Temporal a certificate exports when it ends',
  at(async (place) => {
    const certificate = selfSigned(60);
    const front = await startTlsFront(certificate, place.server.address);
    const port = await freePort();

    const worker = await place.startWorker({
      TEMPORAL_ADDRESS: front.address,
      TEMPORAL_TLS_CLIENT_CERT_PATH: certificate.certificateFile,
      TEMPORAL_TLS_CLIENT_KEY_PATH: certificate.keyFile,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificate.certificateFile,
      KYC_METRICS_ADDRESS: `127.0.0.1:${port}`,
    });

    await until(async () => total(await scrape(port), EXPIRY, { certificate: 'temporal_client' }) > 0);
    expect(total(await scrape(port), EXPIRY)).toBe(certificate.end.getTime() / 1_000);
    await kill(worker);
    await front.close();
  }),
);

test('reads the end of a certificate, and gives null for what is none', () => {
  const { pem, end } = selfSigned(60);
  expect(certificateEnd(pem)).toEqual(end);
  for (const nonsense of ['', 'no certificate', pem.toString().slice(0, 200)]) {
    expect(certificateEnd(Buffer.from(nonsense))).toBeNull();
  }
});

/** The doctor's line about a certificate, with a server that does not answer. */
async function doctorSays(certificateFile: string, keyFile: string): Promise<unknown> {
  const { out } = await kyc(['doctor', '--json'], {
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    TEMPORAL_TLS_CLIENT_CERT_PATH: certificateFile,
    TEMPORAL_TLS_CLIENT_KEY_PATH: keyFile,
    KYC_DOCUMENT_STORE: `file://${temporaryFolder()}`,
  });
  return (JSON.parse(out) as { check: string }[]).find(({ check }) => check === 'client certificate');
}

test.each([
  [60, true, /^good until \d{4}-\d\d-\d\d$/],
  [20, false, /ends on \d{4}-\d\d-\d\d, in (19|20) days: issue a new one.*restart the workers/],
])('the doctor of a certificate that is good for %s more days', async (days, ok, message) => {
  const { certificateFile, keyFile } = selfSigned(days);
  expect(await doctorSays(certificateFile, keyFile)).toMatchObject({
    ok,
    message: expect.stringMatching(message) as string,
  });
});

test('the doctor of a certificate that has ended, and of one that is none', async () => {
  const { keyFile } = selfSigned(1);
  const ended = join(__dirname, '..', 'support', 'ended-certificate.pem');
  expect(await doctorSays(ended, keyFile)).toMatchObject({
    ok: false,
    message: expect.stringMatching(/ended on 2025-01-02: issue a new one/) as string,
  });
  const nonsense = join(temporaryFolder(), 'nonsense.pem');
  writeFileSync(nonsense, 'no certificate');
  expect(await doctorSays(nonsense, keyFile)).toMatchObject({
    ok: false,
    message: expect.stringContaining('TEMPORAL_TLS_CLIENT_CERT_PATH') as string,
  });
});
