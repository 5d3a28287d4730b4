import { kyc } from './support/kyc-command';
import { photos, until } from './support/end-to-end';
import { useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications, type Verifications } from './support/verifications';

const temporal = useTemporal();

async function listedIn(env: Record<string, string>, ...filters: string[]): Promise<string[]> {
  const { out } = await kyc(['list', '--json', ...filters], env);
  return (JSON.parse(out) as { verificationId: string }[]).map(({ verificationId }) => verificationId);
}

/** Verifications that wait for documents, once the server lists them so. */
async function waitingOnes({ kyc: client, env }: Verifications, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, newId);
  for (const id of ids) await client.start(id, waiting());
  await until(async () => {
    const listed = await listedIn(env, '--stage', 'awaitingDocuments');
    return ids.every((id) => listed.includes(id));
  });
  return ids;
}

test('cancels all that the filters name, and none without --yes', async () => {
  await withVerifications(temporal, async (ground) => {
    const { kyc: client, env, withWorker } = ground;
    await withWorker(async () => {
      const ids = await waitingOnes(ground, 3);
      const batch = ['cancel', '--stage', 'awaitingDocuments'];
      expect(await kyc(batch, env)).toMatchObject({ code: 1, err: expect.stringMatching(/3 .*--yes/) as string });

      const { code, out } = await kyc([...batch, '--yes', '--json'], env);

      expect(code).toBe(0);
      expect((JSON.parse(out) as { verificationIds: string[] }).verificationIds.sort()).toEqual([...ids].sort());
      for (const id of ids) await expect(client.get(id).outcome()).rejects.toThrow(/cancelled/);
    });
  });
});

test('does the newest that the limit allows, and says how to go on with the others', async () => {
  await withVerifications(temporal, async (ground) => {
    const { env, withWorker } = ground;
    await withWorker(async () => {
      const ids = await waitingOnes(ground, 3);
      const batch = ['cancel', '--stage', 'awaitingDocuments', '--limit', '2'];
      expect(await kyc(batch, env)).toMatchObject({ code: 1, err: expect.stringMatching(/More than 2 /) as string });

      const { code, err } = await kyc([...batch, '--yes'], env);
      expect(code).toBe(0);
      const goOn = /go on with (--older-than) (\d+s)/.exec(err)?.slice(1) ?? [];
      expect(goOn).toHaveLength(2);
      const others = async (): Promise<string[]> => listedIn(env, '--stage', 'awaitingDocuments', ...goOn);
      await until(async () => (await others()).length === 1);
      expect(await others()).toEqual(ids.slice(0, 1));

      const { out } = await kyc(['cancel', ...goOn, '--yes', '--json'], env);
      expect((JSON.parse(out) as { verificationIds: string[] }).verificationIds).toContain(ids[0]);
    });
  });
});

test('lists by age', async () => {
  await withVerifications(temporal, async (ground) => {
    await ground.withWorker(async () => {
      const [id] = await waitingOnes(ground, 1);
      expect(await listedIn(ground.env, '--older-than', '1h')).not.toContain(id);
      await until(async () => (await listedIn(ground.env, '--older-than', '1s')).includes(id ?? ''));
      await ground.kyc.get(id ?? '').cancel();
    });
  });
});

test('lets a look that waits be made now, and says so when none waits', async () => {
  await withVerifications(temporal, async (ground) => {
    const { kyc: client, env, sandbox, withWorker } = ground;
    sandbox.use('never-final');
    await withWorker(async () => {
      const [id = ''] = await waitingOnes(ground, 1);
      expect(await kyc(['poll-now', id], env)).toMatchObject({
        code: 1,
        err: expect.stringContaining('No step') as string,
      });
      await client.get(id).submitDocuments(photos(1));
      const looks = (): number => sandbox.calls({ operation: 'get' }).length;
      await until(() => looks() >= 2);
      await until(async () => (await listedIn(env, '--stage', 'verifying')).includes(id));

      // A look that is under way is left alone; one that waits is made at once and counted anew, so below those of before.
      await until(async () => {
        expect(await kyc(['poll-now', '--stage', 'verifying', '--yes'], env)).toMatchObject({
          code: 0,
          out: 'Done: 1 of 1.',
        });
        const { pending } = await client.get(id).status();
        return pending !== null && pending.attempt < looks();
      });
      expect(sandbox.calls({ operation: 'process' })).toHaveLength(1);
      await client.get(id).cancel();
    });
  });
});

test('leaves a step that somebody has paused as it is, and says so', async () => {
  await withVerifications(temporal, async (ground) => {
    const { kyc: client, env, sandbox, withWorker } = ground;
    sandbox.use('never-final');
    await withWorker(async () => {
      const [id = ''] = await waitingOnes(ground, 1);
      await client.get(id).submitDocuments(photos(1));
      await until(() => sandbox.calls({ operation: 'get' }).length >= 1);
      const { namespace } = temporal;
      const activity = { namespace, execution: { workflowId: id }, id: 'poll-result-1' };
      await temporal.client.workflowService.pauseActivity(activity);

      expect(await kyc(['poll-now', id], env)).toMatchObject({
        code: 1,
        err: expect.stringContaining('poll-result-1 of') as string,
      });
      await until(async () => (await kyc(['status', id], env)).out.includes('paused by hand'));
      expect((await client.get(id).status()).pending).toMatchObject({ activityId: 'poll-result-1', paused: true });
      await client.get(id).cancel();
    });
  });
});

test('a batch without a filter is a mistake', async () => {
  await withVerifications(temporal, async ({ env }) => {
    expect(await kyc(['cancel', '--yes'], env)).toMatchObject({ code: 2 });
    expect(await kyc(['poll-now'], env)).toMatchObject({ code: 2 });
    expect(await kyc(['list', '--older-than', 'long'], env)).toMatchObject({ code: 2 });
  });
});
