import { createHash } from 'node:crypto';
import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createDocumentActivities } from '../src/activities';
import type { OpenedSession } from '../src/activities/create-session';
import type { UploadDocumentArgs, UploadResult } from '../src/activities/upload-document';
import { inspectDocument, MAX_DOCUMENT_BYTES } from '../src/documents/inspection';
import { DocumentAccess } from '../src/documents/sources';
import { FormUploader } from '../src/notus/upload';
import type { Sandbox, Scenario } from '../src/sandbox/server';
import { activityGround, REQUEST, watch, type Ground } from './support/activity-ground';
import { delaysOf, passTime, reportOfRun, runAttempts, shownBy, typesOf, virtualClock } from './support/attempts';
import type { Run, Start } from './support/attempts';
import { jpegImage } from './support/images';
import { leadName } from './support/names';
import { closedPort } from './support/scripted-server';

virtualClock();

const MINUTE = 60_000;
const PHOTO = jpegImage({ bytes: 900_000 });
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

interface Prepared extends Ground {
  opened: OpenedSession;
  path: string;
  upload: (of?: Partial<UploadDocumentArgs>, start?: Start) => Promise<Run<UploadResult>>;
}

/** A session under a scenario, and an inspected document in the store. */
async function prepared(
  scenario?: string | Scenario,
  { bytes = PHOTO, uploadHosts }: { bytes?: Buffer; uploadHosts?: string[] } = {},
): Promise<Prepared> {
  const ground = await activityGround();
  if (scenario !== undefined) ground.sandbox.use(scenario);
  const created = await runAttempts(ground.notusSteps.createSession, { request: REQUEST, watch: watch() });
  const opened = created.result as OpenedSession;
  const { uri } = await ground.store.put('verification', bytes, MAX_DOCUMENT_BYTES);
  const access = new DocumentAccess(ground.store, []);
  const document = await inspectDocument(access, { uri });
  const steps = uploadHosts
    ? createDocumentActivities(access, new FormUploader({ timeoutMs: 1_000, allowedHosts: uploadHosts }))
    : ground.documentSteps;
  return {
    ...ground,
    opened,
    path: fileURLToPath(uri),
    upload: (of = {}, start = {}) => {
      const form = { side: 'front' as const, form: opened.front, formExpiresAt: opened.formsExpireAt };
      return runAttempts(steps.uploadDocument, { ...form, document, watch: watch(), ...of }, start);
    },
  };
}

const uploads = (sandbox: Sandbox): (number | null)[] =>
  sandbox.calls({ operation: 'upload' }).map(({ status }) => status);
const storedFront = (sandbox: Sandbox): string | null | undefined => sandbox.sessions()[0]?.uploads.front;

test('A17: streams the very bytes to the form, with no field that its policy does not name', async () => {
  const { upload, sandbox } = await prepared();
  expect((await upload()).result).toEqual({ kind: 'uploaded' });
  expect(storedFront(sandbox)).toBe(sha256Of(PHOTO));
  expect(uploads(sandbox)).toEqual([204]);
});

test('A24: the key of Notus does not go to the storage', async () => {
  const { upload, sandbox } = await prepared();
  await upload();
  expect(sandbox.calls({ operation: 'upload' })[0]?.headers).not.toHaveProperty('x-api-key');
});

test.each([1, 2, 262_143, 262_144, 262_145])('sends a document of %i bytes whole', async (size) => {
  const { upload, sandbox, store } = await prepared();
  const bytes = Buffer.alloc(size, 7);
  const { uri, sha256 } = await store.put('verification', bytes, size);
  const run = await upload({ document: { uri, sha256, size, type: 'image/jpeg' } });
  expect([run.result?.kind, storedFront(sandbox)]).toEqual(['uploaded', sha256Of(bytes)]);
});

test('A23: posting it twice is harmless: the same bytes lie at the same place', async () => {
  const { upload, sandbox } = await prepared();
  await upload();
  expect((await upload()).result).toEqual({ kind: 'uploaded' });
  expect(storedFront(sandbox)).toBe(sha256Of(PHOTO));
});

describe('a form that is dead', () => {
  test('A13: at +11 min S3 says so, and only a new session helps', async () => {
    const { upload, sandbox } = await prepared();
    passTime(11 * MINUTE);
    expect((await upload()).result).toEqual({ kind: 'formDead' });
    expect(uploads(sandbox)).toEqual([403]);
  });

  test('A13: a form just received is always tried, whatever this clock says of it', async () => {
    const { upload } = await prepared();
    expect((await upload({ formExpiresAt: Date.now() - MINUTE })).result).toEqual({ kind: 'uploaded' });
  });

  test('A13: on a later attempt the own clock is enough, and nothing is sent', async () => {
    const { upload, sandbox } = await prepared();
    passTime(11 * MINUTE);
    expect((await upload({}, { info: { attempt: 2 } })).result).toEqual({ kind: 'formDead' });
    expect(uploads(sandbox)).toEqual([]);
  });

  test('A13: forms that came expired are told apart from refused ones', async () => {
    const { upload } = await prepared('forms-expired');
    expect((await upload()).result).toEqual({ kind: 'formDead' });
  });

  test('as long as the storage cannot be reached it is tried, since a session would be spent in vain', async () => {
    const { upload, opened, sandbox } = await prepared();
    const gone = { ...opened.front, url: `http://127.0.0.1:${await closedPort()}/bucket` };
    const uploadHosts = [new URL(gone.url).host];
    const lost = await prepared(undefined, { uploadHosts });
    const run = await lost.upload(
      { form: gone, watch: watch({ known: 'NotusUnavailable' }) },
      {
        scheduleToCloseMs: 20 * MINUTE,
      },
    );
    expect([run.outOfTime, ...new Set(typesOf(run))]).toEqual([true, 'NotusUnavailable']);
    const details = { attempt: 8, unreachable: true };
    passTime(11 * MINUTE);
    expect((await upload({}, { info: { attempt: 9, heartbeatDetails: details } })).result).toEqual({
      kind: 'formDead',
    });
    expect(uploads(sandbox)).toEqual([403]);
  });

  test('a form that dies while the storage fails ends the attempts', async () => {
    const { upload } = await prepared('s3-500-always');
    const run = await upload({ watch: watch({ known: 'NotusUnavailable' }) });
    expect(run.result).toEqual({ kind: 'formDead' });
    expect(Math.max(...delaysOf(run))).toBe(30_000);
  });
});

describe('a storage that refuses or fails', () => {
  test.each([
    ['s3-too-large', true, 'HTTP 400 EntityTooLarge'],
    ['s3-403', false, 'HTTP 403 AccessDenied'],
  ])('A6: under %s it is refused, too large: %s', async (scenario, tooLarge, fact) => {
    const { upload } = await prepared(scenario);
    const run = await upload();
    const message = `The upload storage of Notus refuses the front (${fact}).`;
    expect([run.result, run.failed]).toEqual([{ kind: 'refused', tooLarge, message }, []]);
  });

  test('A18: a document above the size of the form is refused without being sent', async () => {
    const { upload, opened, sandbox } = await prepared();
    const run = await upload({ form: { ...opened.front, maxBytes: PHOTO.length - 1 } });
    expect(run.result).toMatchObject({ kind: 'refused', tooLarge: true });
    expect(uploads(sandbox)).toEqual([]);
  });

  test.each(['s3-500', 's3-slow-down', 's3-reset'])('%s is retried to the same form', async (scenario) => {
    const { upload, sandbox } = await prepared(scenario);
    const run = await upload();
    expect([run.result?.kind, ...typesOf(run)]).toEqual(['uploaded', 'NotusUnavailable']);
    expect(storedFront(sandbox)).toBe(sha256Of(PHOTO));
  });

  test('one that fails for long comes back to be told within 90 s', async () => {
    const { upload } = await prepared('s3-500-always');
    const run = await upload();
    expect(reportOfRun(run)).toMatchObject({ code: 'NotusUnavailable', retryInMs: 30_000 });
    expect(run.failed.at(-1)?.atMs).toBeLessThanOrEqual(90_000);
  });
});

describe('a host that is not allowed', () => {
  test('nothing is sent: it comes back at once, and names KYC_UPLOAD_HOSTS', async () => {
    const { upload, sandbox } = await prepared(undefined, { uploadHosts: ['s3.amazonaws.com'] });
    const run = await upload();
    expect(reportOfRun(run)).toMatchObject({ code: 'UploadHostRefused', retryInMs: MINUTE });
    expect(reportOfRun(run).message).toContain('KYC_UPLOAD_HOSTS');
    expect(uploads(sandbox)).toEqual([]);
  });

  test('in quiet mode the list is checked each minute', async () => {
    const { upload } = await prepared('forms-elsewhere');
    const run = await upload({ watch: watch({ quiet: true }) }, { scheduleToCloseMs: 5 * MINUTE });
    expect(delaysOf(run)).toEqual(Array<number>(5).fill(MINUTE));
  });
});

describe('a document that is not what was inspected', () => {
  const UNUSABLE = { kind: 'unusable', message: expect.stringMatching(/^front: /) as string };

  test('gone', async () => {
    const { upload, path } = await prepared();
    rmSync(path);
    expect((await upload()).result).toEqual(UNUSABLE);
  });

  test('longer', async () => {
    const { upload, path, sandbox } = await prepared();
    writeFileSync(path, Buffer.concat([PHOTO, PHOTO]));
    expect((await upload()).result).toEqual(UNUSABLE);
    expect(storedFront(sandbox)).toBeNull();
  });

  test('shorter', async () => {
    const { upload, path, sandbox } = await prepared();
    truncateSync(path, 1_000);
    expect((await upload()).result).toEqual(UNUSABLE);
    expect(storedFront(sandbox)).toBeNull();
  });

  test.each(['first', 'last'])('other bytes of the same length, at the %s place: nothing is stored', async (place) => {
    const { upload, path, sandbox } = await prepared();
    const swapped = Buffer.from(PHOTO);
    const index = place === 'first' ? 0 : swapped.length - 1;
    swapped[index] = (swapped[index] ?? 0) ^ 0xff;
    writeFileSync(path, swapped);
    expect((await upload()).result).toEqual({
      kind: 'unusable',
      message: 'front: The document has changed since it was inspected: submit it again.',
    });
    expect(storedFront(sandbox)).toBeNull();
  });

  test('a store that is down is no bad document', async () => {
    const { upload, folder, sandbox } = await prepared();
    renameSync(folder, `${folder}-away`);
    const before = (attempt: number): void => void (attempt === 2 && renameSync(`${folder}-away`, folder));
    const run = await upload({}, { before });
    expect([run.result?.kind, ...typesOf(run)]).toEqual(['uploaded', 'DocumentStoreUnavailable']);
    expect(storedFront(sandbox)).toBe(sha256Of(PHOTO));
  });
});

test('A24: nothing that is shown names a form, a path or a key', async () => {
  for (const scenario of ['s3-500', 's3-403', 'forms-elsewhere', 's3-reset']) {
    const { upload, opened, path } = await prepared(scenario);
    const run = await upload({ watch: watch() });
    const shown = `${shownBy(run)}${JSON.stringify(run.result ?? null)}`;
    for (const secret of [path, opened.front.url, ...Object.values(opened.front.fields)]) {
      expect(shown).not.toContain(secret);
    }
  }
});

test('an S3 host that leads into a private network is refused by name, past the end of the form, too', async () => {
  const { upload, opened } = await prepared(undefined, { uploadHosts: ['s3.{region}.amazonaws.com'] });
  leadName('s3.us-east-1.amazonaws.com', '10.0.0.1');
  const form = { ...opened.front, url: 'https://s3.us-east-1.amazonaws.com/bucket' };
  for (const formExpiresAt of [opened.formsExpireAt, Date.now() - MINUTE]) {
    const run = await upload({ form, formExpiresAt });
    expect(reportOfRun(run)).toMatchObject({ code: 'UploadHostRefused', retryInMs: MINUTE });
    expect(reportOfRun(run)?.message).toContain('s3.us-east-1.amazonaws.com, which leads to a private address');
  }
});
