import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createDocumentActivities } from '../src/activities';
import { DocumentAccess } from '../src/documents/sources';
import { FormUploader } from '../src/notus/upload';
import { activityGround, watch, type Ground } from './support/activity-ground';
import { delaysOf, reportOfRun, runAttempts, shownBy, typesOf, virtualClock } from './support/attempts';
import { jpegImage, pngImage } from './support/images';
import { temporaryFolder } from './support/temporary-folder';

virtualClock();

const FRONT = jpegImage({ seed: 1 });
const BACK = pngImage({ seed: 2 });

const stored = async ({ store }: Ground, bytes: Buffer): Promise<string> =>
  (await store.put('verification', bytes, 30_000_000)).uri;

/** The ground with its store taken away, as when a disk is not mounted. */
function unmounted({ folder }: Ground): () => void {
  renameSync(folder, `${folder}-away`);
  return () => renameSync(`${folder}-away`, folder);
}

describe('inspectDocuments', () => {
  test('gives sha256, size and type of each side', async () => {
    const ground = await activityGround();
    const [front, back] = [await stored(ground, FRONT), await stored(ground, BACK)];
    const references = { front: { uri: front }, back: { uri: back } };
    const run = await runAttempts(ground.documentSteps.inspectDocuments, { references, watch: watch() });
    expect(run.result).toEqual({
      usable: true,
      documents: {
        front: { uri: front, sha256: expect.any(String) as string, size: FRONT.length, type: 'image/jpeg' },
        back: { uri: back, sha256: expect.any(String) as string, size: BACK.length, type: 'image/png' },
      },
    });
  });

  test('tells every side that cannot be used, and why, by its side', async () => {
    const ground = await activityGround();
    const references = {
      front: { uri: await stored(ground, FRONT), sha256: '0'.repeat(64) },
      back: { uri: await stored(ground, Buffer.from('canary text')) },
    };
    const run = await runAttempts(ground.documentSteps.inspectDocuments, { references, watch: watch() });
    expect(run.result).toMatchObject({ usable: false, code: 'DocumentUnusable' });
    expect((run.result as { message: string }).message).toMatch(/^front: .*sha256.* back: .*none of JPEG/);
  });

  test('a reference outside the store and the sources is no document of ours', async () => {
    const ground = await activityGround();
    const references = { front: { uri: 'file:///etc/passwd' } };
    const run = await runAttempts(ground.documentSteps.inspectDocuments, { references, watch: watch() });
    expect(run.result).toMatchObject({ usable: false, code: 'InvalidDocuments' });
    expect(JSON.stringify(run.result)).not.toContain('passwd');
  });

  test('a store that is down is no bad document: it is retried, and inspected when it is back', async () => {
    const ground = await activityGround();
    const references = { front: { uri: await stored(ground, FRONT) } };
    const mount = unmounted(ground);
    const before = (attempt: number): void => void (attempt === 3 && mount());
    const run = await runAttempts(ground.documentSteps.inspectDocuments, { references, watch: watch() }, { before });
    expect(run.result).toMatchObject({ usable: true });
    expect(typesOf(run)).toEqual(['DocumentStoreUnavailable', 'DocumentStoreUnavailable']);
  });

  test('a store that stays down comes back to be told within 90 s, without its path', async () => {
    const ground = await activityGround();
    const references = { front: { uri: await stored(ground, FRONT) } };
    const mount = unmounted(ground);
    const run = await runAttempts(ground.documentSteps.inspectDocuments, { references, watch: watch() });
    mount();
    expect(reportOfRun(run)).toMatchObject({ code: 'DocumentStoreUnavailable', retryInMs: 30_000 });
    expect(delaysOf(run)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(shownBy(run)).not.toContain(ground.folder);
  });
});

describe('deleteDocuments', () => {
  const source = temporaryFolder();
  const withSource = ({ store, sandbox }: Ground): ReturnType<typeof createDocumentActivities> =>
    createDocumentActivities(
      new DocumentAccess(store, [pathToFileURL(source).href]),
      new FormUploader({ timeoutMs: 1_000, allowedHosts: [new URL(sandbox.url).host] }),
    );

  test('deletes what lies in the store, and never touches another source', async () => {
    const ground = await activityGround();
    const uri = await stored(ground, FRONT);
    writeFileSync(join(source, 'front.jpg'), FRONT);
    const other = pathToFileURL(join(source, 'front.jpg')).href;
    await runAttempts(withSource(ground).deleteDocuments, { uris: [uri, other] });
    expect([existsSync(fileURLToPath(uri)), existsSync(join(source, 'front.jpg'))]).toEqual([false, true]);
  });

  test('what is gone already is no failure', async () => {
    const ground = await activityGround();
    const uri = await stored(ground, FRONT);
    await ground.store.delete(uri);
    const run = await runAttempts(ground.documentSteps.deleteDocuments, { uris: [uri, uri] });
    expect(run.failed).toEqual([]);
  });

  test('fails after it has tried all, and is done when it is tried again', async () => {
    const ground = await activityGround();
    const [blocked, free] = [await stored(ground, FRONT), await stored(ground, BACK)];
    const path = fileURLToPath(blocked);
    rmSync(path);
    mkdirSync(path);
    const seen: boolean[] = [];
    const before = (attempt: number): void => {
      if (attempt === 1) return;
      seen.push(existsSync(fileURLToPath(free)));
      rmSync(path, { recursive: true });
    };
    const run = await runAttempts(ground.documentSteps.deleteDocuments, { uris: [blocked, free] }, { before });
    expect(run.failed.map(({ message }) => message)).toEqual(['1 of 2 documents could not be deleted']);
    expect([run.failure, ...seen]).toEqual([undefined, false]);
    expect(shownBy(run)).not.toContain(path);
  });
});
