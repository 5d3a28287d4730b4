import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kyc } from './support/kyc-command';
import { temporaryFolder } from './support/temporary-folder';
import { useTemporal } from './support/temporal';
import { withVerifications } from './support/verifications';

const temporal = useTemporal({ searchAttributes: false });

interface Finding {
  check: string;
  ok: boolean;
  message: string;
}

async function doctor(env: Record<string, string>): Promise<{ code: number; bad: Record<string, string> }> {
  const { code, out } = await kyc(['doctor', '--json'], env);
  const bad = (JSON.parse(out) as Finding[]).filter(({ ok }) => !ok);
  return { code, bad: Object.fromEntries(bad.map(({ check, message }) => [check, message])) };
}

test('sets a server up: says what is missing, registers it once, and finds nothing more to do', async () => {
  await withVerifications(temporal, async ({ env }) => {
    expect((await doctor(env)).bad).toMatchObject({
      'search attributes': expect.stringMatching(/KycStage, KycOutcome, KycSessionId, KycProblem.*setup/) as string,
    });
    expect(await kyc(['list', '--stage', 'verifying'], env)).toMatchObject({
      code: 1,
      err: expect.stringContaining('kyc setup') as string,
    });

    const names = ['KycStage', 'KycOutcome', 'KycSessionId', 'KycProblem'];
    const first = await kyc(['setup', '--json'], env);
    expect(JSON.parse(first.out)).toEqual({ namespace: 'default', created: false, registered: names, present: [] });
    const second = await kyc(['setup', '--json'], env);
    expect(JSON.parse(second.out)).toEqual({ namespace: 'default', created: false, registered: [], present: names });
    expect(await kyc(['setup'], env)).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing to do') as string,
    });
  });
});

test('creates the namespace where there is none of that name, and finds it the next time', async () => {
  const namespace = `kyc-${randomUUID()}`;
  const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: namespace };
  const names = ['KycStage', 'KycOutcome', 'KycSessionId', 'KycProblem'];
  const { out } = await kyc(['setup', '--json'], env);
  expect(JSON.parse(out)).toEqual({ namespace, created: true, registered: names, present: [] });
  const again = await kyc(['setup', '--json'], env);
  expect(JSON.parse(again.out)).toEqual({ namespace, created: false, registered: [], present: names });
});

test('finds everything well while workers run, without opening a session', async () => {
  await withVerifications(temporal, async ({ env, sandbox, withWorker }) => {
    await kyc(['setup'], env);
    const found = await withWorker(() => kyc(['doctor'], env));
    expect(found).toMatchObject({ code: 0, err: '' });
    expect(found.out.split('\n').every((line) => line.startsWith('ok '))).toBe(true);
    expect(sandbox.sessions()).toEqual([]);
  });
});

test('finds what is to be mended, with the remedy', async () => {
  await withVerifications(temporal, async ({ env, sandbox }) => {
    await kyc(['setup'], env);
    sandbox.advance(3_600_000);
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const wrong = { ...env, NOTUS_API_KEY: 'another-key', KYC_DOCUMENT_STORE: `file://${file}/store` };
    const { code, bad } = await doctor(wrong);
    expect(code).toBe(1);
    expect(bad).toEqual({
      workers: expect.stringContaining('npm run worker') as string,
      'workers for Notus': expect.stringContaining('npm run worker') as string,
      'Notus and its key': expect.stringContaining('NOTUS_API_KEY') as string,
      "Notus's clock": expect.stringMatching(/360\d s|3599 s/) as string,
      'document store': expect.any(String) as string,
    });
    expect(JSON.stringify(bad)).not.toContain('another-key');
  });
});

test('looks at the rest when Temporal does not answer and the environment is incomplete', async () => {
  const { code, bad } = await doctor({
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    KYC_DOCUMENT_STORE: `file://${temporaryFolder()}`,
  });
  expect(code).toBe(1);
  expect(bad).toMatchObject({
    Temporal: expect.stringContaining('127.0.0.1:1') as string,
    namespace: 'Not looked at, because Temporal does not answer.',
    'Notus and its key': expect.stringContaining('NOTUS_API_KEY') as string,
  });
  expect(bad).not.toHaveProperty(['document store']);
});
