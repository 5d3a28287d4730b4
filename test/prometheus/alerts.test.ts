import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@temporalio/client';
import { KycClient } from '../../src/client';
import { clientDataConverter } from '../../src/data-converter';
import type { Child } from '../../src/demo/child';
import { freePort } from '../../src/demo/ports';
import { EncryptionPlugin } from '../../src/privacy/plugin';
import { DevServer } from '../support/dev-server';
import { kill, Place, PHOTOS, useEndToEnd } from '../support/end-to-end';
import { eventually, Prometheus } from '../support/prometheus';
import { keyRing, temporalCli } from '../support/temporal';
import { temporaryFolder } from '../support/temporary-folder';
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

interface Fault {
  stage: (place: Place, worker: Child) => unknown;
  mend: (place: Place, worker: Child, startWorker: (env?: Record<string, string>) => Promise<Child>) => unknown;
  /** What the worker needs for it. */
  env?: (place: Place) => Record<string, string>;
  /** How much the times of the rules are shortened; the hours of some take long enough to be over. */
  faster?: number;
}

/** Long enough for an alert that follows from the same fault, with its own wait. */
const HOLD_MS = 45_000;

/** Stages a fault at a worker that did well before: these alerts fire and no other, and none once it is mended. */
const fires =
  (alerts: string[], { stage, mend, env = () => ({}), faster }: Fault) =>
  async (place: Place): Promise<void> => {
    place.sandbox.use('approved-at-once');
    const port = await freePort();
    const startWorker: Parameters<Fault['mend']>[2] = (other = env(place)) =>
      place.startWorker({ KYC_METRICS_ADDRESS: `127.0.0.1:${port}`, ...other });
    const worker = await startWorker();
    const prometheus = await Prometheus.start(port, faster);
    try {
      await approve(place);
      expect(await prometheus.fired()).toEqual([]);
      await stage(place, worker);
      await eventually(150_000, async () => (await prometheus.fired()).length >= alerts.length);
      expect(await prometheus.fired()).toEqual(alerts);
      await sleep(HOLD_MS);
      expect(await prometheus.fired()).toEqual(alerts);
      await mend(place, worker, startWorker);
      await eventually(240_000, async () => (await prometheus.firing()).length === 0);
      expect(await prometheus.fired()).toEqual(alerts);
    } finally {
      await prometheus.stop();
    }
  };

/** For a test that takes the server down, which the others share. */
async function onItsOwnServer(body: (place: Place) => Promise<void>): Promise<void> {
  const server = await DevServer.start(temporalCli(), temporaryFolder());
  const place = await Place.open(server, {});
  try {
    await body(place);
  } finally {
    await place.close();
    await server.stop();
  }
}

const OLD_KEY = `old:${Buffer.alloc(32, 1).toString('base64')}`;
const NEW_KEY = `new:${Buffer.alloc(32, 2).toString('base64')}`;

/** A caller that has other keys than the workers. */
function callerWith(keys: string, { kyc, taskQueue, store }: Place): KycClient {
  const plugins = [new EncryptionPlugin(keyRing(keys))];
  const client = new Client({ connection: kyc.temporal.connection, dataConverter: clientDataConverter, plugins });
  return KycClient.of({ client, taskQueue, store });
}

const approveAgain = ({ sandbox }: Place): void => void sandbox.use('approved-at-once');

const awayFrom = ({ storeFolder }: Place): string => `${storeFolder}-away`;
const sourceOf = (place: Place): string => join(place.folder, 'source');

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
  at(
    fires(['KycNotusDown'], {
      stage: async (place) => {
        await place.takeNotusDown();
        await start(place, 10);
      },
      mend: async (place) => {
        await place.bringNotusBack();
        approveAgain(place);
      },
    }),
  ),
);

test.concurrent(
  'Notus refuses the key',
  at(async (place) => {
    const { apiKey } = place.sandbox;
    await fires(['KycNotusKeyRefused'], {
      stage: async () => {
        await place.replaceKey(randomUUID());
        await start(place, 2);
      },
      mend: () => place.replaceKey(apiKey),
    })(place);
  }),
);

test.concurrent(
  'the only worker is gone',
  at(
    fires(['KycNoWorker'], {
      stage: (_, worker) => kill(worker),
      mend: (_, __, startWorker) => startWorker(),
    }),
  ),
);

test.concurrent('Temporal is down', () =>
  onItsOwnServer(
    fires(['KycTemporalDown'], {
      stage: ({ server }) => server.kill(),
      mend: ({ server }) => server.restart(),
    }),
  ),
);

test.concurrent(
  'the document store is down',
  at(
    fires(['KycDocumentStoreDown'], {
      stage: async (place) => {
        const documents = await place.putPhotos('waits for the store', PHOTOS);
        renameSync(place.storeFolder, awayFrom(place));
        writeFileSync(place.storeFolder, 'a file where the folder was');
        await place.kyc.start(randomUUID(), { ...waiting(), documents });
      },
      mend: (place) => {
        rmSync(place.storeFolder);
        renameSync(awayFrom(place), place.storeFolder);
      },
    }),
  ),
);

test.concurrent(
  'a document source is down, and the store works',
  at(
    fires(['KycDocumentSourceDown'], {
      env: (place) => ({ KYC_DOCUMENT_SOURCES: pathToFileURL(sourceOf(place)).href }),
      stage: async (place) => {
        const { href: uri } = pathToFileURL(join(sourceOf(place), 'photo.jpg'));
        const documents = { front: { uri }, back: { uri } };
        for (let n = 0; n < 3; n++) await place.kyc.start(randomUUID(), { ...waiting(), documents });
      },
      mend: (place) => {
        mkdirSync(sourceOf(place));
        writeFileSync(join(sourceOf(place), 'photo.jpg'), PHOTOS.front);
      },
    }),
  ),
);

test.concurrent(
  'a create lost its answer',
  at(
    fires(['KycPossibleOrphans'], {
      stage: async (place) => {
        place.sandbox.use('create-lost-reply');
        await start(place, 1);
      },
      mend: approveAgain,
      faster: 20,
    }),
  ),
);

test.concurrent(
  'Notus refuses a request, so a verification fails',
  at(
    fires(['KycVerificationsFail'], {
      stage: async (place) => {
        place.sandbox.use('create-400');
        await start(place, 1);
      },
      mend: approveAgain,
      faster: 20,
    }),
  ),
);

test.concurrent(
  'Notus answers looks with what is no session',
  at(
    fires(['KycProtocolErrors'], {
      stage: async (place) => {
        place.sandbox.use({ name: 'nonsense', get: { always: { kind: 'malformed', shape: 'emptyObject' } } });
        await start(place, 2);
      },
      // A session keeps the scenario that it was opened with.
      mend: async ({ kyc, taskQueue }) => {
        const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
        for await (const { workflowId } of kyc.temporal.workflow.list({ query })) await kyc.get(workflowId).cancel();
      },
    }),
  ),
);

test.concurrent(
  'the upload storage of Notus refuses the documents',
  at(
    fires(['KycUploadsFail'], {
      stage: async (place) => {
        place.sandbox.use('s3-403');
        await start(place, 2);
      },
      mend: approveAgain,
    }),
  ),
);

test.concurrent(
  'the worker lacks the key of running verifications, so their workflow tasks fail',
  at(
    fires(['KycEncryptionKeyMissing', 'KycWorkflowTasksFail'], {
      env: () => ({ KYC_ENCRYPTION_KEYS: OLD_KEY }),
      stage: async (place) => {
        const caller = callerWith(NEW_KEY, place);
        for (let n = 0; n < 3; n++) await caller.start(randomUUID(), waiting());
      },
      mend: async (_, worker, startWorker) => {
        await kill(worker);
        await startWorker({ KYC_ENCRYPTION_KEYS: `${NEW_KEY},${OLD_KEY}` });
      },
      faster: 20,
    }),
    { keys: OLD_KEY },
  ),
);
