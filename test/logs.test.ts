import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DevServer } from './support/dev-server';
import { Place, PHOTOS, until, untilStage, useEndToEnd } from './support/end-to-end';
import { temporalCli } from './support/temporal';
import { temporaryFolder } from './support/temporary-folder';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

interface Line {
  level: string;
  message: string;
  [field: string]: unknown;
}

const textOf = (place: Place): string => readFileSync(join(place.folder, 'worker.log'), 'utf8');

/** All of them, so that one that is no JSON fails the test. */
const linesOf = (place: Place): Line[] =>
  textOf(place)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

test(
  'a refusal is one line with its code alone, a failing call has the trace-id of Notus, a failed verification is a warning',
  at(async (place) => {
    place.sandbox.use({ name: 'fails once', looks: 1, get: [{ kind: 'error', status: 500 }] });
    await place.startWorker();
    const verification = await place.kyc.start('logged', waiting());
    await untilStage(verification, 'awaitingDocuments');
    const elsewhere = { uri: 'file:///elsewhere/Ana' };
    await expect(verification.submitDocuments({ front: elsewhere, back: elsewhere })).rejects.toThrow();
    await verification.submitDocuments(PHOTOS);
    expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
    place.sandbox.use('create-400');
    await expect((await place.kyc.start('failing', waiting())).outcome()).rejects.toThrow();
    // The worker tells it after the server knows.
    await until(() => place.workerSaid('Verification: closed, failed'));

    const lines = linesOf(place);
    expect(lines.filter(({ message }) => message.startsWith('Verification: refused'))).toEqual([
      expect.objectContaining({
        level: 'info',
        message: 'Verification: refused, InvalidDocuments',
        verificationId: 'logged',
        stage: 'awaitingDocuments',
        attempt: 1,
        code: 'InvalidDocuments',
      }),
    ]);
    const [failed] = place.sandbox.calls({ operation: 'get' });
    expect(lines.find(({ error }) => JSON.stringify(error)?.includes('HTTP 500'))).toMatchObject({
      level: 'warn',
      verificationId: 'logged',
      activity: 'pollResult',
      traceId: expect.stringMatching(/^[\w.:-]+$/) as string,
    });
    expect(failed).toMatchObject({ status: 500 });
    expect(lines.find(({ message }) => message === 'Verification: closed, failed')).toMatchObject({ level: 'warn' });
    expect(textOf(place)).not.toMatch(/elsewhere|Exemplo/);
  }),
);

test("what the SDK's core warns of comes in the same stream and form", async () => {
  const server = await DevServer.start(temporalCli(), temporaryFolder());
  const place = await Place.open(server, {});
  try {
    await place.startWorker();
    await server.kill();
    await until(() => linesOf(place).some(({ component, level }) => component === 'core' && level === 'warn'), 60_000);
  } finally {
    await place.close();
    await server.stop();
  }
}, 120_000);

test(
  'LOG_FORMAT=pretty is for people: one line an event, with its fields below',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker({ LOG_FORMAT: 'pretty' });
    const verification = await place.startWithDocuments(waiting());
    await verification.outcome();
    await until(() => place.workerSaid('Verification: closed, approved'));
    expect(textOf(place)).toMatch(/INFO.*: .*worker ready/);
    expect(textOf(place)).toMatch(/Verification: closed, approved[^]*verificationId/);
    expect(textOf(place)).not.toContain('{"');
  }),
);
