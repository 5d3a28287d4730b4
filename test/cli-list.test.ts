import { kyc } from './support/kyc-command';
import { photos, until } from './support/end-to-end';
import { useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications } from './support/verifications';

const temporal = useTemporal();

test('--problem finds the verifications that have it, closed ones too, and no others', async () => {
  await withVerifications(temporal, async ({ kyc: client, sandbox, env, withWorker }) => {
    const listed = async (...filters: string[]): Promise<string[]> => {
      const { out } = await kyc(['list', '--json', ...filters], env);
      return (JSON.parse(out) as { verificationId: string }[]).map(({ verificationId }) => verificationId);
    };
    await withWorker(async () => {
      const [clean, refused, expired] = [newId(), newId(), newId()];
      await client.start(clean, waiting());
      await client.start(refused, waiting());
      const elsewhere = { uri: 'file:///elsewhere' };
      const submission = client.get(refused).submitDocuments({ front: elsewhere, back: elsewhere });
      await expect(submission).rejects.toThrow();
      sandbox.use('expired');
      await client.start(expired, waiting({ maxSessions: 1 }));
      await client.get(expired).submitDocuments(photos(1));
      expect(await client.get(expired).outcome()).toMatchObject({ problem: { code: 'SessionsExhausted' } });

      await until(async () => (await listed('--problem', 'SessionsExhausted')).length > 0);
      expect(await listed('--problem', 'SessionsExhausted')).toEqual([expired]);
      expect(await listed('--problem', 'SessionsExhausted', '--open')).toEqual([]);
      expect(await listed('--problem', 'InvalidDocuments')).toEqual([refused]);
      expect(await listed('--problem', 'InvalidDocuments', '--stage', 'awaitingDocuments')).toEqual([refused]);
      expect(await listed('--problem', 'NotusUnavailable')).toEqual([]);
      for (const id of [clean, refused]) await client.get(id).cancel();
    });
  });
});

test('says that there are more than it shows, though not in the JSON', async () => {
  await withVerifications(temporal, async ({ kyc: client, env, withWorker }) => {
    const ids = [newId(), newId()];
    for (const id of ids) await client.start(id, waiting());
    const list = ['list', '--stage', 'new', '--limit'];
    const json = async (limit: string): Promise<unknown[]> =>
      JSON.parse((await kyc([...list, limit, '--json'], env)).out) as unknown[];
    await until(async () => (await json('50')).length === 2);

    expect((await kyc([...list, '1'], env)).out).toMatch(/… and more: --limit/);
    expect(await json('1')).toHaveLength(1);
    expect((await kyc([...list, '2'], env)).out).not.toContain('more');
    await withWorker(async () => {
      for (const id of ids) await client.get(id).cancel();
      for (const id of ids) await expect(client.get(id).outcome()).rejects.toThrow();
    });
  });
});

test('the help tells what is looked at', async () => {
  const { out } = await kyc(['list', '--help'], {});
  const words = out.replaceAll(/\s+/g, ' ');
  expect(words).toContain('the running ones; closed ones, too, with --all');
  expect(words).toContain('with --problem unless --stage or --open is given');
  expect(words).toContain('choices: "InvalidDocuments"');
});
