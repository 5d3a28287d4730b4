import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { VerificationHandle } from '../src/client';
import { DOCUMENTS_SUBMITTED, WORKFLOW_TYPE } from '../src/contract';
import { freePort } from '../src/demo/ports';
import { withBaggage } from './support/baggage';
import { plantCanaries, Search, type Canaries } from './support/canaries';
import { Collector } from './support/collector';
import { until, untilStage, useEndToEnd, type Place, type PlaceOptions } from './support/end-to-end';
import { kyc as command } from './support/kyc-command';
import { temporaryFolder } from './support/temporary-folder';

// One after the other, because both search what the server holds.
const endToEnd = useEndToEnd();

const KEY = Buffer.alloc(32, 0x5b).toString('base64');

/** Everything that was said to somebody, by where it was said. */
type Said = [place: string, content: string][];

/** What one verification is made to go through; gives what its callers were told. */
type Path = (ground: Ground) => Promise<{ verification: VerificationHandle; told: unknown }>;

interface Ground {
  place: Place;
  canaries: Canaries;
  /** A folder of documents that is not the store. */
  sources: string;
}

const toldOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

async function started({ place }: Ground, input: unknown): Promise<VerificationHandle> {
  const workflowId = randomUUID();
  // Past the checks of our own client, as a service in another language would.
  const start = { workflowId, taskQueue: place.taskQueue, args: [input] };
  await place.kyc.temporal.workflow.start(WORKFLOW_TYPE, start);
  return place.kyc.get(workflowId);
}

async function ended(verification: VerificationHandle): ReturnType<Path> {
  return { verification, told: await toldOf(verification.outcome()) };
}

const SUCCEEDS: Path = async ({ place, canaries, sources }) => {
  const document = (name: string, bytes: Buffer): { uri: string } => {
    const file = join(sources, `${canaries.fileName}-${name}.jpg`);
    writeFileSync(file, bytes);
    return { uri: pathToFileURL(file).href };
  };
  const { front, back } = canaries.photos(1);
  const documents = { front: document('front', front), back: document('back', back) };
  return ended(await place.kyc.start(randomUUID(), canaries.person('1001', { documents })));
};

const REJECTED_ONCE: Path = async ({ place, canaries }) => {
  place.sandbox.use({ name: 'rejected-once', looks: 1 }, { documentId: canaries.person('2003').request.documentId });
  const input = canaries.person('2003', { policy: { maxAttempts: 2 } });
  const verification = await place.startWithDocuments(input, canaries.photos(3));
  await until(async () => (await verification.status()).attempt === 2);
  await verification.submitDocuments(canaries.photos(5));
  return ended(verification);
};

const INVALID: Path = async (ground) => {
  const { request } = ground.canaries.person('1001');
  const wrong = { ...request, documentId: `N${request.documentId}`, birthDate: request.firstName };
  const bad = { ...wrong, documentCategory: request.email, nationality: request.city, documentCountry: 'BR' };
  const refused = await toldOf(ground.place.kyc.start(randomUUID(), { request: bad } as never));
  const { verification, told } = await ended(await started(ground, { request: bad }));
  return { verification, told: [refused, told] };
};

const REFUSED_BY_NOTUS: Path = async ({ place, canaries }) =>
  ended(await place.kyc.start(randomUUID(), canaries.person('3017')));

const UNUSABLE: Path = async ({ place, canaries, sources }) => {
  const file = join(sources, `${canaries.fileName}-page.jpg`);
  writeFileSync(file, `<html>${canaries.person('').request.firstName}</html>`);
  const document = { uri: pathToFileURL(file).href };
  return ended(
    await place.kyc.start(randomUUID(), canaries.person('1001', { documents: { front: document, back: document } })),
  );
};

const AMBIGUOUS: Path = async ({ place, canaries }) => {
  const input = canaries.person('3004', { policy: { ambiguousCreate: 'fail' } });
  return ended(await place.startWithDocuments(input, canaries.photos(7)));
};

/** Every create answers a page: the third that is no session ends it. */
const NO_SESSION: Path = async ({ place, canaries }) =>
  ended(await place.startWithDocuments(canaries.person('3009'), canaries.photos(15)));

const REJECTED: Path = async ({ place, canaries }) =>
  ended(await place.startWithDocuments(canaries.person('2001'), canaries.photos(17)));

const FORM_REFUSED: Path = async ({ place, canaries }) =>
  ended(await place.startWithDocuments(canaries.person('6009'), canaries.photos(9)));

const NONSENSE: Path = async ({ place, canaries, sources }) => {
  const verification = await place.kyc.start(randomUUID(), canaries.person('1001'));
  await untilStage(verification, 'awaitingDocuments');
  // Its forms are the caller's to see, and the worker posts to them in the end.
  const { front, back } = await verification.requestUploadForms();
  canaries.values['signature of the front'] = front.fields['X-Amz-Signature'] ?? '';
  canaries.values['signature of the back'] = back?.fields['X-Amz-Signature'] ?? '';
  const { firstName, email } = canaries.person('').request;
  const elsewhere = { uri: `file:///elsewhere/${canaries.fileName}.jpg` };
  const missing = { uri: pathToFileURL(join(sources, `${canaries.fileName}-missing.jpg`)).href };
  const told = [
    await toldOf(verification.submitDocuments({ front: elsewhere, back: missing })),
    await toldOf(verification.submitDocuments({ front: missing, back: missing })),
    await toldOf(
      verification.submitDocuments({ front: join(sources, `${canaries.fileName}-no.jpg`), back: missing.uri }),
    ),
  ];
  const workflow = place.kyc.temporal.workflow.getHandle(verification.verificationId);
  for (const nonsense of [firstName, [email], { front: firstName }, { front: { uri: email, sha256: firstName } }]) {
    await workflow.signal(DOCUMENTS_SUBMITTED, nonsense);
  }
  told.push(await verification.status());
  await verification.submitDocuments(canaries.photos(11));
  return { verification, told: [...told, await verification.outcome()] };
};

const CANCELLED: Path = async ({ place, canaries }) => {
  const verification = await place.kyc.start(randomUUID(), canaries.person('1001'));
  await untilStage(verification, 'awaitingDocuments');
  await verification.cancel();
  return ended(verification);
};

/** Decided only after the worker was killed and Notus was away. */
const LEFT_ALONE: Path = async ({ place, canaries }) => ({
  verification: await place.startWithDocuments(canaries.person('2101'), canaries.photos(13)),
  told: null,
});

const PATHS = {
  ...{ SUCCEEDS, REJECTED_ONCE, INVALID, REFUSED_BY_NOTUS, UNUSABLE, AMBIGUOUS, NO_SESSION, REJECTED },
  ...{ FORM_REFUSED, NONSENSE, CANCELLED, LEFT_ALONE },
};

/** All that leaves the worker and is no log, as operators get it. */
async function exported(port: { metrics: number; health: number }): Promise<Said> {
  const read = async (address: string): Promise<[string, string]> => [address, await (await fetch(address)).text()];
  return Promise.all([
    read(`http://127.0.0.1:${port.metrics}/metrics`),
    ...['livez', 'readyz'].map((path) => read(`http://127.0.0.1:${port.health}/${path}`)),
  ]);
}

/** What the commands print, and what the server tells of each verification besides its history. */
async function shown({ place }: Ground, verifications: VerificationHandle[]): Promise<Said> {
  const ids = verifications.map(({ verificationId }) => verificationId);
  const perVerification = ids.flatMap((id) =>
    [['status'], ['status', '--json'], ['watch'], ['outcome']].map((args) => [...args, id]),
  );
  const commands = [...perVerification, ['list', '--all'], ['list', '--all', '--json'], ['doctor'], ['keys']];
  const printed = commands.map(async (args): Promise<Said[number]> => {
    const { out, err } = await command(args, place.clientEnv);
    return [`kyc ${args.join(' ')}`, out + err];
  });
  const described = [['list'], ...ids.map((id) => ['describe', '--workflow-id', id])].map(
    async (args): Promise<Said[number]> => [
      `temporal workflow ${args.join(' ')}`,
      await place.temporal('workflow', ...args, '--output', 'json'),
    ],
  );
  return Promise.all([...printed, ...described]);
}

/** Leads a verification down each path, through a killed worker and an outage, and gives what was said on the way. */
async function goDownAll(ground: Ground): Promise<{ said: Said; verifications: VerificationHandle[] }> {
  const { place } = ground;
  const collector = await Collector.start();
  const port = { metrics: await freePort(), health: await freePort() };
  const env = {
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100', LOG_LEVEL: 'debug' },
    KYC_DOCUMENT_SOURCES: pathToFileURL(ground.sources).href,
    ...{ KYC_METRICS_ADDRESS: `127.0.0.1:${port.metrics}`, KYC_HEALTH_ADDRESS: `127.0.0.1:${port.health}` },
  };
  const worker = await place.startWorker(env);
  const ends = await withBaggage(String(ground.canaries.values.baggage), () =>
    Promise.all(Object.values(PATHS).map((path) => path(ground))),
  );
  const { verification: leftAlone } = ends.at(-1)!;
  const beforeTheKill = await exported(port);

  worker.kill('SIGKILL');
  await worker.exited;
  await place.takeNotusDown();
  await place.startWorker(env);
  await until(async () => /can't be reached/.test((await leftAlone.status()).pending?.lastAnswer ?? ''));
  const during = await command(['status', leftAlone.verificationId], place.clientEnv);
  await place.bringNotusBack();
  place.sandbox.complete((await leftAlone.status()).sessionId ?? '', 'COMPLETED');
  const last = await leftAlone.outcome();

  const verifications = ends.map(({ verification }) => verification);
  const said: Said = [
    ...Object.keys(PATHS).map((name, index): Said[number] => [
      `callers of ${name}`,
      inspect(ends[index]!.told, { depth: 9 }),
    ]),
    ['the caller after the outage', inspect(last, { depth: 9 })],
    ['kyc status in the outage', during.out + during.err],
    ...beforeTheKill,
    ...(await exported(port)),
    ...(await shown(ground, verifications)),
  ];
  expect(collector.spans.length).toBeGreaterThan(0);
  said.push(...collector.bodies.map((body, index): Said[number] => [`traces ${index}`, body]));
  collector.close();
  return { said, verifications };
}

async function inPlace(canaries: Canaries, keys: string | undefined, body: (ground: Ground) => Promise<void>) {
  const folder = temporaryFolder();
  const sources = join(folder, 'sources');
  mkdirSync(sources);
  const options: PlaceOptions = {
    sandbox: { apiKey: canaries.apiKey, dataFile: join(folder, 'sandbox.jsonl') },
    ...(keys === undefined ? {} : { keys }),
  };
  await endToEnd.at((place) => body({ place, canaries, sources }), options)();
}

function searchSaid(search: Search, { place }: Ground, said: Said): void {
  for (const [where, content] of said) search.in(where, content);
  search.inFiles(
    readdirSync(place.folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => join(place.folder, name)),
  );
}

const ENDINGS = [
  'approved',
  'approved',
  'InvalidRequest',
  'InvalidRequest',
  'DocumentUnusable',
  'SessionCreationAmbiguous',
  'ProtocolError',
  'rejected',
];

async function expectEndings(verifications: VerificationHandle[]): Promise<void> {
  const endings = await Promise.all(
    verifications.map((verification) =>
      verification.outcome().then(
        ({ outcome }) => outcome,
        (error: { type?: string; name: string }) => error.type ?? error.name,
      ),
    ),
  );
  expect(endings).toEqual([...ENDINGS, 'approved', 'approved', 'VerificationCancelledError', 'approved']);
}

test('with keys, nothing personal and no secret is anywhere, the files of the database included', async () => {
  const canaries = plantCanaries();
  await inPlace(canaries, `k1:${KEY}`, async (ground) => {
    const { said, verifications } = await goDownAll(ground);
    await expectEndings(verifications);

    const search = new Search({ ...canaries.values, 'encryption key': KEY });
    searchSaid(search, ground, said);
    search.inFiles(await ground.place.server.dataFiles());
    expect(search.found).toEqual([]);
    expect(search.places.length).toBeGreaterThan(80);
    console.log(`Canaries with keys: found in ${search.found.length} of ${search.places.length} places.`);
  });
}, 180_000);

test('without keys, nothing is in logs, metrics, traces, lists, commands and errors: only in histories', async () => {
  const canaries = plantCanaries();
  await inPlace(canaries, undefined, async (ground) => {
    const { said, verifications } = await goDownAll(ground);
    await expectEndings(verifications);

    const search = new Search(canaries.values);
    searchSaid(search, ground, said);
    expect(search.found).toEqual([]);
    expect(search.places.length).toBeGreaterThan(75);
    console.log(`Canaries without keys: found in ${search.found.length} of ${search.places.length} places.`);
    // The same search does find what is there.
    const control = new Search(canaries.values);
    control.inFiles(await ground.place.server.dataFiles());
    // PostgreSQL compresses the long values that hold the forms, so their signatures are not looked for.
    for (const name of ['firstName', 'documentId', 'email', 'fileName']) {
      expect(control.found).toContainEqual(expect.stringMatching(`^${name} in `));
    }
    expect(control.found.filter((found) => /^(apiKey|image bytes) /.test(found))).toEqual([]);
  });
}, 180_000);
