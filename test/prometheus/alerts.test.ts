import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../src/demo/ports';
import type { Child } from '../../src/demo/child';
import { kill, useEndToEnd, type Place } from '../support/end-to-end';
import { eventually, Prometheus } from '../support/prometheus';
import { waiting } from '../support/verification-input';

const { at } = useEndToEnd();
const run = promisify(execFile);
const RULES = join(__dirname, '../../deploy/prometheus');

const approve = async (place: Place): Promise<void> => {
  const verification = await place.startWithDocuments(waiting());
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
};

const start = (place: Place, verifications: number): Promise<unknown> =>
  Promise.all(Array.from({ length: verifications }, () => place.startWithDocuments(waiting())));

/** Stages an outage at a worker that did well before; only that alert may fire. */
const firesAlone = (alert: string, stage: (place: Place, worker: Child) => Promise<unknown>): (() => Promise<void>) =>
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    const port = await freePort();
    const worker = await place.startWorker({ KYC_METRICS_ADDRESS: `127.0.0.1:${port}` });
    const prometheus = await Prometheus.start(port);
    try {
      await approve(place);
      expect(await prometheus.fired()).toEqual([]);
      await stage(place, worker);
      await eventually(150_000, async () => (await prometheus.fired()).length > 0);
      expect(await prometheus.fired()).toEqual([alert]);
    } finally {
      await prometheus.stop();
    }
  });

test('every rule is sound, and fires when it should in the unit tests of promtool', async () => {
  await run('promtool', ['check', 'rules', join(RULES, 'alerts.yml')]);
  await run('promtool', ['check', 'config', '--syntax-only', join(RULES, 'prometheus.yml')]);
  await run('promtool', ['test', 'rules', join(RULES, 'alerts.test.yml')]);
});

test('each alert has a unit test', () => {
  const alerts = [...readFileSync(join(RULES, 'alerts.yml'), 'utf8').matchAll(/- alert: (\w+)/g)].map(
    ([, name]) => name,
  );
  const tests = readFileSync(join(RULES, 'alerts.test.yml'), 'utf8');
  expect(alerts.filter((name) => !tests.includes(`alertname="${name}"`))).toEqual([]);
});

test.concurrent(
  'Notus is down',
  firesAlone('KycNotusDown', async (place) => {
    await place.takeNotusDown();
    await start(place, 10);
  }),
);

test.concurrent(
  'Notus refuses the key',
  firesAlone('KycNotusKeyRefused', async (place) => {
    await place.replaceKey(randomUUID());
    await start(place, 2);
  }),
);

test.concurrent(
  'the only worker is gone',
  firesAlone('KycNoWorker', (_, worker) => kill(worker)),
);

test.concurrent(
  'the document store is down',
  firesAlone('KycDocumentStoreDown', async (place) => {
    rmSync(place.storeFolder, { recursive: true });
    writeFileSync(place.storeFolder, 'a file where the folder was');
    await Promise.resolve();
  }),
);

test.concurrent(
  'a create lost its answer',
  firesAlone('KycPossibleOrphans', async (place) => {
    place.sandbox.use('create-lost-reply');
    await start(place, 1);
  }),
);

test.concurrent(
  'Notus refuses a request, so a verification fails',
  firesAlone('KycVerificationsFail', async (place) => {
    place.sandbox.use('create-400');
    await start(place, 1);
  }),
);

test.concurrent(
  'the upload storage of Notus refuses the documents',
  firesAlone('KycUploadsFail', async (place) => {
    place.sandbox.use('s3-403');
    await start(place, 2);
  }),
);
