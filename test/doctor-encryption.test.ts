import { kyc } from './support/kyc-command';
import { useTemporal } from './support/temporal';
import { temporaryFolder } from './support/temporary-folder';
import { waiting } from './support/verification-input';
import { newId, withVerifications } from './support/verifications';

const key = (id: string, byte: number): string => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;

const temporal = useTemporal({ keys: key('a', 1) });

interface Finding {
  check: string;
  ok: boolean;
  message: string;
}

/** The doctor's line about the keys. */
async function doctorSays(env: Record<string, string>): Promise<Finding | undefined> {
  const { out } = await kyc(['doctor', '--json'], env);
  return (JSON.parse(out) as Finding[]).find(({ check }) => check === 'encryption keys');
}

test('tells what encrypts, and whether the newest verification can be read with it', async () => {
  await withVerifications(temporal, async ({ env, kyc: client }) => {
    const says = (keys: string): Promise<Finding | undefined> => doctorSays({ ...env, KYC_ENCRYPTION_KEYS: keys });
    expect(await says(key('a', 1))).toMatchObject({
      ok: true,
      message: 'a encrypts; no verification to try them on yet',
    });

    await client.start(newId(), waiting());

    expect(await says(`${key('b', 2)},${key('a', 1)}`)).toMatchObject({
      ok: true,
      message: 'b encrypts; the newest verification can be read',
    });
    for (const without of [key('b', 2), '']) {
      expect(await says(without)).toMatchObject({
        ok: false,
        message: expect.stringMatching(/encrypted with the key a, which KYC_ENCRYPTION_KEYS lacks/) as string,
      });
    }
    expect(await says(key('a', 9))).toMatchObject({
      ok: false,
      message: expect.stringMatching(/can't be read, although its key a is there/) as string,
    });
  });
});

test('names keys that are malformed, and never shows one', async () => {
  const secret = Buffer.alloc(31, 7).toString('base64');
  const finding = await doctorSays({
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    KYC_DOCUMENT_STORE: `file://${temporaryFolder()}`,
    KYC_ENCRYPTION_KEYS: `a:${secret}`,
  });
  expect(finding).toMatchObject({ ok: false, message: expect.stringContaining('KYC_ENCRYPTION_KEYS') as string });
  expect(finding?.message).not.toContain(secret);
});

test('says that well-formed keys were not tried where Temporal does not answer', async () => {
  const finding = await doctorSays({
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    KYC_DOCUMENT_STORE: `file://${temporaryFolder()}`,
    KYC_ENCRYPTION_KEYS: key('a', 1),
  });
  expect(finding).toMatchObject({ ok: false, message: expect.stringContaining('not tried') as string });
});
