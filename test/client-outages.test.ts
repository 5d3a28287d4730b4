import { readdirSync } from 'node:fs';
import {
  KycClient,
  TemporalUnavailableError,
  VerificationTerminatedError,
  WorkerUnavailableError,
} from '../src/client';
import { DevServer } from './support/dev-server';
import { jpegImage } from './support/images';
import { temporalCli, useTemporal } from './support/temporal';
import { temporaryFolder } from './support/temporary-folder';
import { waiting } from './support/verification-input';
import { newId, withVerifications } from './support/verifications';

const temporal = useTemporal();

test('says that no worker answers, and keeps documents that may still be taken', async () => {
  await withVerifications(temporal, async ({ kyc, storeFolder, taskQueue }) => {
    const verification = await kyc.start(newId(), waiting());
    const documents = { front: jpegImage({ seed: 1 }), back: jpegImage({ seed: 2 }) };
    const asked = [verification.status(), verification.submitDocuments(documents), verification.requestUploadForms()];
    for (const answer of await Promise.allSettled(asked)) {
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(WorkerUnavailableError) as unknown });
      expect(answer).toMatchObject({ reason: { message: expect.stringContaining(taskQueue) as unknown } });
    }
    expect(readdirSync(storeFolder)).not.toEqual([]);
  });
});

test('says that Temporal does not answer, naming what to check', async () => {
  const connecting = KycClient.connect({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  await expect(connecting).rejects.toThrow(TemporalUnavailableError);
  await expect(connecting).rejects.toThrow(/127\.0\.0\.1:1.*TEMPORAL_ADDRESS/);
});

test('says that there is no such namespace', async () => {
  const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'elsewhere' };
  const kyc = await KycClient.connect({ env });
  try {
    const started = kyc.start(newId(), waiting());
    await expect(started).rejects.toThrow(TemporalUnavailableError);
    await expect(started).rejects.toThrow('elsewhere');
  } finally {
    await kyc.close();
  }
});

test('waits for an outcome over the death and return of the server', async () => {
  const server = await DevServer.start(temporalCli(), temporaryFolder());
  const kyc = await KycClient.connect({ env: { TEMPORAL_ADDRESS: server.address } });
  try {
    const verification = await kyc.start(newId(), waiting());
    const outcome = verification.outcome();
    await server.kill();
    await server.restart();
    await kyc.temporal.workflow.getHandle(verification.verificationId).terminate();
    await expect(outcome).rejects.toThrow(VerificationTerminatedError);
  } finally {
    await kyc.close();
    await server.kill();
  }
});
