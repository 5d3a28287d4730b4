import { openByStage } from '../src/open-verifications';
import { kyc as run } from './support/kyc-command';
import { until } from './support/end-to-end';
import { useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications } from './support/verifications';

const temporal = useTemporal();

test('counts a verification that no worker has taken up as new, and by its stage from then on', async () => {
  await withVerifications(temporal, async ({ kyc, taskQueue, env, withWorker }) => {
    const { nativeConnection, namespace } = temporal;
    const open = (): Promise<Record<string, number>> => openByStage(nativeConnection, { namespace, taskQueue });
    const id = newId();
    await kyc.start(id, waiting());
    await until(async () => (await open()).new === 1);
    expect(await open()).toEqual({
      new: 1,
      creatingSession: 0,
      awaitingDocuments: 0,
      uploadingDocuments: 0,
      verifying: 0,
    });
    const { out } = await run(['list', '--stage', 'new', '--json'], env);
    expect(JSON.parse(out)).toMatchObject([{ verificationId: id, stage: null }]);

    await withWorker(async () => {
      await until(async () => (await open()).awaitingDocuments === 1);
      expect(await open()).toMatchObject({ new: 0 });
      await kyc.get(id).cancel();
      await until(async () => Object.values(await open()).every((count) => count === 0));
    });
  });
});
