import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PHOTOS, until, untilStage, useEndToEnd, type Place } from './support/end-to-end';
import { buildVariant } from './support/patched-example/build';
import { waiting } from './support/verification-input';

const PROGRAM = join(__dirname, '../lib/replay/main.js');

const { at } = useEndToEnd();

/** Runs `npm run replay-live` as a deploy would, without npm. */
async function replayLive(place: Place, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const env = { ...place.clientEnv, PATH: process.env.PATH ?? '' };
    const child = execFile(process.execPath, [PROGRAM, ...args], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

test(
  'replays what runs and what is closed, and names the verification that a changed workflow can not go on with',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const closed = await place.startWithDocuments(waiting());
    await closed.outcome();
    place.sandbox.use('never-final');
    await place.startWithDocuments(waiting());
    await until(() => place.sandbox.calls({ operation: 'get' }).length > 1);
    const open = await place.kyc.start('live-one', waiting());
    await untilStage(open, 'awaitingDocuments');

    const kinds = ['1 running, awaitingDocuments', '1 running, verifying', '1 closed, approved'];
    await until(async () => {
      const { out } = await replayLive(place);
      return kinds.every((kind) => out.includes(kind));
    });
    const { code, out } = await replayLive(place);
    expect(code).toBe(0);
    expect(out).toMatch(/^Namespace default at .*: replayed .*\nThis build goes on with all of them\.\n$/);

    const { codePath } = await buildVariant('unpatched');
    const changed = await replayLive(place, '--bundle', codePath, '--query', 'KycStage = "awaitingDocuments"');
    expect(changed.code).toBe(1);
    expect(changed.out).toMatch(/^bad {2}live-one \(by the query, run [\w-]+\): .*Nondeterminism/);
    expect(changed.out).toContain(
      "Do not deploy: this build can't go on with 1 of them. Put the change of the workflow",
    );

    const { codePath: patched } = await buildVariant('patched');
    expect(await replayLive(place, '--bundle', patched)).toMatchObject({ code: 0 });

    expect(await replayLive(place, '--query', 'KycStage is what')).toMatchObject({ code: 2, out: '' });
    expect(await replayLive(place, '--sample', '0')).toMatchObject({ code: 2, out: '' });
  }),
  240_000,
);

test(
  'replays encrypted verifications with their keys',
  at(
    async (place) => {
      place.sandbox.use('approved-at-once');
      await place.startWorker();
      const documents = await place.putPhotos('live-encrypted', PHOTOS);
      await (await place.kyc.start('live-encrypted', { ...waiting(), documents })).outcome();

      const query = ['--query', 'WorkflowId = "live-encrypted" AND KycStage = "closed"'];
      await until(async () => (await replayLive(place, ...query)).out.includes('replayed 1'));
      expect(await replayLive(place, ...query)).toMatchObject({ code: 0 });
    },
    { keys: `live:${Buffer.alloc(32, 'live').toString('base64')}` },
  ),
  120_000,
);
