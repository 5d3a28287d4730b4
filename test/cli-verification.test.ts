import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerificationInput } from '../src/contract';
import { jpegImage } from './support/images';
import { kyc } from './support/kyc-command';
import { temporaryFolder } from './support/temporary-folder';
import { useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications, type Verifications } from './support/verifications';

const temporal = useTemporal();

function withRunning(body: (verifications: Verifications) => Promise<void>): Promise<void> {
  return withVerifications(temporal, (verifications) => verifications.withWorker(() => body(verifications)));
}

/** Notus approves it at the first look. */
function quick(): VerificationInput {
  return { request: { ...waiting().request, documentId: '12345671001' } };
}

function files(): { input: string; front: string; back: string } {
  const folder = temporaryFolder();
  const paths = { input: join(folder, 'a.json'), front: join(folder, 'f.jpg'), back: join(folder, 'b.jpg') };
  writeFileSync(paths.input, JSON.stringify(quick()));
  writeFileSync(paths.front, jpegImage({ seed: 1 }));
  writeFileSync(paths.back, jpegImage({ seed: 2 }));
  return paths;
}

test('leads a verification from start to outcome', async () => {
  await withRunning(async ({ env, storeFolder }) => {
    const id = newId();
    const { input, front, back } = files();
    expect(await kyc(['start', id, input], env)).toEqual({ code: 0, out: `Verification ${id} is started.`, err: '' });
    expect(await kyc(['start', id, input], env)).toMatchObject({
      code: 0,
      out: expect.stringContaining('already') as string,
    });
    const submitted = await kyc(['submit', id, '--front', front, '--back', back], env);
    expect(submitted).toMatchObject({ code: 0, out: expect.stringContaining('The documents are taken.') as string });
    const watched = await kyc(['watch', id], env);
    expect(watched).toMatchObject({ code: 0, err: '' });
    expect(watched.out.split('\n').at(-1)).toMatch(/closed {2}approved/);
    expect(await kyc(['outcome', id], env)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^outcome +approved$/m) as string,
    });
    expect(await kyc(['status', id], env)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^stage +closed$/m) as string,
    });
    expect(readdirSync(storeFolder)).toEqual([]);
  });
});

test('prints nothing but JSON with --json', async () => {
  await withRunning(async ({ env, store }) => {
    const id = newId();
    const read = async (...args: string[]): Promise<unknown> => {
      const { code, out, err } = await kyc([...args, '--json'], env);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      return JSON.parse(out);
    };
    const put = async (seed: number): Promise<string> => (await store.put(id, jpegImage({ seed }), 1_000_000)).uri;
    expect(await read('start', id, files().input)).toEqual({ verificationId: id, started: true });
    expect(await read('submit', id, '--front', await put(1), '--back', await put(2))).toMatchObject({
      verificationId: id,
      requiredDocuments: ['front', 'back'],
    });
    expect(await read('outcome', id)).toMatchObject({ outcome: 'approved', attempts: [{ outcome: 'approved' }] });
    expect(await read('status', id)).toMatchObject({ stage: 'closed', outcome: 'approved', pending: null });
    const watched = await kyc(['watch', id, '--json'], env);
    expect(watched.out.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ verificationId: id, stage: 'closed' }),
    ]);
  });
});

test('reads the input from standard input for -', async () => {
  await withVerifications(temporal, async ({ env }) => {
    const started = await kyc(['start', newId(), '-', '--json'], env, { stdin: JSON.stringify(quick()) });
    expect(started).toMatchObject({ code: 0 });
  });
});

test('ends with 1 and a sentence when something is refused, has failed or was cancelled', async () => {
  await withRunning(async ({ env }) => {
    const { input, front } = files();
    const id = newId();
    const wrong = JSON.stringify({ request: { ...quick().request, documentCountry: 'BR' } });
    const refusals = [
      await kyc(['status', id], env),
      await kyc(['start', id, '-'], env, { stdin: wrong }),
      await kyc(['start', id, input], env).then(() =>
        kyc(['start', id, '-'], env, { stdin: JSON.stringify(waiting()) }),
      ),
      await kyc(['submit', id, '--front', front], env),
      await kyc(['start', id, input, '--restart'], env),
      await kyc(['cancel', id], env).then(() => kyc(['outcome', id], env)),
      await kyc(['cancel', id], env),
    ];
    expect(refusals.map(({ code, out, err }) => [code, out, err.replaceAll(id, 'ID')])).toEqual([
      [1, '', expect.stringMatching(/^There is no verification ID/)],
      [1, '', expect.stringMatching(/did you mean BRAZIL\?$/)],
      [1, '', expect.stringMatching(/belongs to another request/)],
      [1, '', expect.stringMatching(/refused \(InvalidDocuments\).*documents\.back/)],
      [1, '', expect.stringMatching(/nothing to restart/)],
      [1, '', expect.stringMatching(/was cancelled/)],
      [1, '', expect.stringMatching(/is closed already/)],
    ]);
  });
});

test.each([
  ['watch', (id: string) => ['watch', id]],
  ['outcome', (id: string) => ['outcome', id]],
])('ends %s with 130 when it is interrupted', async (_, command) => {
  await withRunning(async ({ env }) => {
    const id = newId();
    await kyc(['start', id, files().input], env);
    const interruption = new AbortController();
    const ended = kyc(command(id), env, { signal: interruption.signal });
    await kyc(['status', id], env);
    interruption.abort();
    expect(await ended).toMatchObject({ code: 130, err: '' });
    await kyc(['cancel', id], env);
  });
});

test('lists the running ones, newest first, and those that a filter names', async () => {
  await withRunning(async ({ env }) => {
    const own = [newId(), newId(), newId()];
    const [first = '', second = '', third = ''] = own;
    for (const id of own) {
      await kyc(['start', id, '-'], env, { stdin: JSON.stringify(waiting({ sessionTiming: 'onDocuments' })) });
      await kyc(['status', id], env);
    }
    await kyc(['cancel', second], env);
    await kyc(['outcome', second], env);
    const ids = async (...filters: string[]): Promise<string[]> => {
      const { out } = await kyc(['list', '--json', ...filters], env);
      const found = JSON.parse(out) as { verificationId: string }[];
      return found.map(({ verificationId }) => verificationId).filter((id) => own.includes(id));
    };
    // Visibility follows a moment later.
    while (!(await ids('--outcome', 'cancelled')).includes(second)) continue;
    while ((await ids('--stage', 'awaitingDocuments')).length < 2) continue;
    expect(await ids()).toEqual([third, first]);
    expect(await ids('--limit', '1')).toEqual([third]);
    expect(await ids('--stage', 'verifying')).toEqual([]);
    expect((await ids('--all')).sort()).toEqual([...own].sort());
    const { out } = await kyc(['list', '--stage', 'awaitingDocuments'], env);
    expect(out).toMatch(/^VERIFICATION +STAGE +OUTCOME +PROBLEM +STARTED\n/);
    for (const id of [first, third]) await kyc(['cancel', id], env);
  });
});
