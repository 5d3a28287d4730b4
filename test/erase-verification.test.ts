import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { KycClient, VerificationNotFoundError } from '../src/client';
import { DOCUMENTS_SUBMITTED, type VerificationInput } from '../src/contract';
import { FolderStore } from '../src/documents/folder-store';
import { EncryptionPlugin } from '../src/privacy/plugin';
import { DevServer } from './support/dev-server';
import { jpegImage } from './support/images';
import { kyc as command } from './support/kyc-command';
import { keyRing, temporalCli, useTemporal, type TestTemporal } from './support/temporal';
import { temporaryFolder } from './support/temporary-folder';
import { waiting } from './support/verification-input';
import { newId, withVerifications, type Verifications } from './support/verifications';
import { workflowBundle } from './support/workflow-bundle';

const KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const CANARY = 'canary-Zx81Qf';
const photo = jpegImage({ seed: 1 });
const temporal = useTemporal({ keys: KEYS });

function person(): VerificationInput {
  const { request } = waiting();
  return { request: { ...request, firstName: CANARY, email: `${CANARY}@example.com`, documentId: '12345671001' } };
}

function withRunning(body: (verifications: Verifications) => Promise<void>): Promise<void> {
  return withVerifications(temporal, (verifications) => verifications.withWorker(() => body(verifications)));
}

async function listed({ temporal: client }: KycClient, verificationId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId } of client.workflow.list()) if (workflowId === verificationId) found.push(workflowId);
  return found;
}

test('ends a running verification and takes its documents and all of it away', async () => {
  await withRunning(async ({ kyc, env, store, storeFolder }) => {
    const verification = await kyc.start(newId(), person());
    const { verificationId } = verification;
    // Unusable for want of a back, and still the verification's to delete; a folder is nobody's.
    const front = await store.put(verificationId, photo, 1_000_000);
    await store.put(verificationId, photo, 1_000_000);
    const ofAnother = await store.put('another', photo, 1_000_000);
    for (const uri of [dirname(front.uri), front.uri, 'https://elsewhere.example.com/front.jpg']) {
      await kyc.temporal.workflow.getHandle(verificationId).signal(DOCUMENTS_SUBMITTED, { front: { uri } });
    }

    const { code, out } = await command(['erase', verificationId, '--json'], env);

    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      verificationId,
      runs: [expect.any(String)],
      documentsDeleted: 2,
      documentsElsewhere: 1,
      keyIds: ['k1'],
      erasedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
    expect(out).not.toContain(CANARY);
    await store.delete(ofAnother.uri);
    expect(readdirSync(storeFolder)).toEqual([]);
    await expect(verification.status()).rejects.toBeInstanceOf(VerificationNotFoundError);
    expect(await listed(kyc, verificationId)).toEqual([]);
  });
});

test('ends and deletes nothing without the store of a document that it names', async () => {
  await withRunning(async ({ kyc, env, taskQueue, store }) => {
    const verification = await kyc.start(newId(), person());
    const { verificationId } = verification;
    const { uri } = await store.put(verificationId, photo, 1_000_000);
    await kyc.temporal.workflow.getHandle(verificationId).signal(DOCUMENTS_SUBMITTED, { front: { uri } });

    const withoutStore = KycClient.of({ client: kyc.temporal, taskQueue }).get(verificationId);
    await expect(withoutStore.erase()).rejects.toThrow('without a document store');
    const production = { ...env, NODE_ENV: 'production', KYC_DOCUMENT_STORE: '' };
    expect(await command(['erase', verificationId], production)).toMatchObject({
      code: 1,
      err: expect.stringContaining('KYC_DOCUMENT_STORE: must be set under NODE_ENV=production') as string,
    });

    const { status } = await kyc.temporal.workflow.getHandle(verificationId).describe();
    expect(status.name).toBe('RUNNING');
    expect(await store.delete(uri)).toBe(true);
  });
});

test('tells of the documents that lie elsewhere and were left', async () => {
  await withRunning(async ({ kyc, env }) => {
    const { verificationId } = await kyc.start(newId(), person());
    const documents = { front: { uri: 'https://a.example.com/1' }, back: { uri: 's3://other/2' } };
    await kyc.temporal.workflow.getHandle(verificationId).signal(DOCUMENTS_SUBMITTED, documents);
    const { out } = await command(['erase', verificationId], env);
    expect(out).toContain('2 documents lie outside KYC_DOCUMENT_STORE and were left');
  });
});

test('deletes many documents a few at a time', async () => {
  await withRunning(async ({ kyc, taskQueue, store, storeFolder }) => {
    const verification = await kyc.start(newId(), person());
    const { verificationId } = verification;
    for (let number = 0; number < 12; number++) {
      const { uri } = await store.put(verificationId, photo, 1_000_000);
      await kyc.temporal.workflow.getHandle(verificationId).signal(DOCUMENTS_SUBMITTED, { front: { uri } });
    }
    let atOnce = 0;
    let most = 0;
    class SlowStore extends FolderStore {
      override async delete(uri: string): Promise<boolean> {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setTimeout(resolve, 10));
        return super.delete(uri).finally(() => (atOnce -= 1));
      }
    }
    const slow = new SlowStore(storeFolder);
    const erasing = KycClient.of({ client: kyc.temporal, taskQueue, store: slow });
    expect(await erasing.get(verificationId).erase()).toMatchObject({ documentsDeleted: 12 });
    expect(most).toBe(8);
  });
});

test('takes every run of an id, whatever its characters', async () => {
  await withRunning(async ({ kyc }) => {
    const twice = async (id: string): Promise<void> => {
      for (let run = 1; run <= 2; run++) {
        const verification = await kyc.start(id, person(), { restart: run === 2 });
        await verification.cancel();
        await verification.outcome().catch(() => undefined);
      }
      const record = await kyc.get(id).erase();
      expect(record.runs).toHaveLength(2);
      expect(await kyc.start(id, person())).toMatchObject({ started: true });
    };
    await Promise.all(['plain', `it's "odd" \\ `, '"'].map((begin) => twice(`${begin}${newId()}`)));
  });
});

test('says so when there is nothing to erase, and leaves workflows of other types alone', async () => {
  await withRunning(async ({ kyc, env, taskQueue }) => {
    const other = await kyc.temporal.workflow.start('somethingElse', { workflowId: newId(), taskQueue });
    for (const id of ['unknown', other.workflowId]) {
      expect(await command(['erase', id], env)).toMatchObject({ code: 1, out: '' });
    }
    expect((await other.describe()).status.name).toBe('RUNNING');
  });
});

test('ends and deletes nothing while a key is missing, because the documents would be left behind', async () => {
  await withRunning(async ({ kyc, env }) => {
    const verification = await kyc.start(newId(), person());
    const { verificationId } = verification;
    const others = { ...env, KYC_ENCRYPTION_KEYS: `k2:${Buffer.alloc(32, 2).toString('base64')}` };
    expect(await command(['erase', verificationId], others)).toMatchObject({
      code: 1,
      err: expect.stringContaining('encrypted with the key k1: add it to KYC_ENCRYPTION_KEYS') as string,
    });
    expect(await listed(kyc, verificationId)).toEqual([verificationId]);
    expect(await verification.status()).toMatchObject({ stage: expect.not.stringMatching('closed') as string });
  });
});

test('tells which keys the namespace still needs, without having them', async () => {
  await withRunning(async ({ kyc, env, taskQueue, store }) => {
    const first = await kyc.start(newId(), person());
    const { connection, options } = kyc.temporal;
    const rotated = `k3:${Buffer.alloc(32, 3).toString('base64')},${KEYS}`;
    const plugins = [new EncryptionPlugin(keyRing(rotated))];
    const client = new Client({ connection, namespace: options.namespace, plugins });
    const rotating = KycClient.of({ client, taskQueue, store });
    const second = await rotating.start(newId(), person());

    const needed = async (): Promise<string[]> => {
      const plain = { ...env, KYC_ENCRYPTION_KEYS: '' };
      const { out } = await command(['keys', '--json'], plain);
      return (JSON.parse(out) as { keyId: string }[]).map(({ keyId }) => keyId);
    };
    expect((await needed()).sort()).toEqual(['k1', 'k3']);
    await Promise.all([kyc.get(first.verificationId).erase(), rotating.get(second.verificationId).erase()]);
    expect(await needed()).not.toContain('k3');
  });
});

describe("the server's database", () => {
  /** A server with its data in files, and somebody who uses it. */
  async function onFiles(
    keys: string,
    body: (kyc: Verifications, files: () => string) => Promise<void>,
  ): Promise<void> {
    const folder = temporaryFolder();
    const server = await DevServer.start(temporalCli(), folder);
    const connection = await Connection.connect({ address: server.address });
    const nativeConnection = await NativeConnection.connect({ address: server.address });
    const place: TestTemporal = {
      client: new Client({ connection, plugins: [new EncryptionPlugin(keyRing(keys))] }),
      ...{ nativeConnection, address: server.address, namespace: 'default', keys },
      workflowBundle: await workflowBundle(keyRing(keys)),
    };
    const files = (): string =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name)).toString('latin1'))
        .join('\n');
    try {
      await withVerifications(place, (verifications) =>
        verifications.withWorker(async () => {
          await body(verifications, files);
        }),
      );
    } finally {
      await connection.close();
      await nativeConnection.close();
      await server.kill();
    }
  }

  const hidden = (storeFolder: string): string[] => [
    CANARY,
    '12345671001',
    '15/01/1990',
    pathToFileURL(storeFolder).href,
  ];

  test('holds what is personal in clear without keys', async () => {
    await onFiles('', async ({ kyc, storeFolder }, files) => {
      const verification = await kyc.start(newId(), person());
      await verification.submitDocuments({ front: photo, back: jpegImage({ seed: 2 }) });
      await verification.outcome();
      for (const canary of hidden(storeFolder)) expect(files()).toContain(canary);
    });
  });

  test('never holds anything personal with keys, before an erasure and after', async () => {
    await onFiles(KEYS, async ({ kyc, storeFolder }, files) => {
      const verification = await kyc.start(newId(), person());
      await verification.submitDocuments({ front: photo, back: jpegImage({ seed: 2 }) });
      await verification.outcome();
      expect(files()).toContain(verification.verificationId);
      for (const canary of hidden(storeFolder)) expect(files()).not.toContain(canary);
      await verification.erase();
      for (const canary of hidden(storeFolder)) expect(files()).not.toContain(canary);
    });
  });
});
