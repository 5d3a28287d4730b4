import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Browser, Page, Route } from 'playwright-core';
import { KycClient } from '../../src/client';
import { freePort } from '../../src/demo/ports';
import { FolderStore } from '../../src/documents/folder-store';
import { secretGate } from '../../src/privacy/codec-access';
import { startCodecServer, type CodecCall, type CodecServer } from '../../src/privacy/codec-server';
import { EncryptionPlugin } from '../../src/privacy/plugin';
import { jpegImage } from '../support/images';
import { keyRing, type TestTemporal } from '../support/temporal';
import { startChromium, startTemporalWithUi, untilShown } from '../support/temporal-ui';
import { temporaryFolder } from '../support/temporary-folder';
import { waiting } from '../support/verification-input';
import { newId, withVerifications } from '../support/verifications';
import { workflowBundle } from '../support/workflow-bundle';

const SCREENSHOTS = join(__dirname, '../../.cache/screenshots');
const LONGEST_LOOK_MS = 20_000;

const KEYS = `a:${Buffer.alloc(32, 1).toString('base64')}`;
const SECRET = 'a-shared-secret-of-32-characters';
/** How each sealed payload begins: the version of the envelope, in Base64. */
const CIPHERTEXT = /A[a-zA-Z0-9+/]{50}/;
const PERSONAL = ['Canaria', '12345671001', 'canary@example.com'];

let environment: TestWorkflowEnvironment;
let browser: Browser;
let codec: CodecServer;
let uiUrl: string;
let workflowId: string;
const calls: CodecCall[] = [];

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const uiPort = await freePort();
  uiUrl = `http://127.0.0.1:${uiPort}`;
  codec = await startCodecServer({
    ...{ host: '127.0.0.1', port: 0, keys: keyRing(KEYS), origins: new Set([uiUrl]), strict: false },
    ...{ gate: secretGate(SECRET, 'default'), audit: (call) => calls.push(call) },
  });
  environment = await startTemporalWithUi(uiPort, '--ui-codec-endpoint', codec.url);
  workflowId = await approvedVerification();
  browser = await startChromium();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await environment?.teardown();
  await codec?.close();
});

async function approvedVerification(): Promise<string> {
  const { connection, nativeConnection, address } = environment;
  const client = new Client({ connection, plugins: [new EncryptionPlugin(keyRing(KEYS))] });
  const bundle = await workflowBundle(keyRing(KEYS));
  const temporal: TestTemporal = {
    ...{ client, nativeConnection, address, namespace: 'default', workflowBundle: bundle, keys: KEYS },
  };
  return withVerifications(temporal, ({ kyc, withWorker }) =>
    withWorker(async () => {
      const { request } = waiting();
      const person = { ...request, firstName: 'Canaria', email: 'canary@example.com', documentId: '12345671001' };
      const verification = await kyc.start(newId(), { request: person });
      await verification.submitDocuments({ front: jpegImage({ seed: 1 }), back: jpegImage({ seed: 2 }) });
      await verification.outcome();
      return verification.verificationId;
    }),
  );
}

/** Opens the verification in the UI as somebody whose calls to the codec server are treated so. */
async function look(treat: (route: Route) => Promise<void>, body: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1800 } });
  const page = await context.newPage();
  const strangers: string[] = [];
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (![uiUrl, codec.url].includes(origin)) strangers.push(origin);
  });
  await page.route(`${codec.url}/**`, treat);
  try {
    await page.goto(`${uiUrl}/namespaces/default/workflows`);
    await page.getByRole('link', { name: workflowId }).first().click({ timeout: LONGEST_LOOK_MS });
    await page.getByText('Completed').first().waitFor({ timeout: LONGEST_LOOK_MS });
    await body(page);
    expect(strangers).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Stands for a UI that people have logged in to, which sends their token along. */
const withToken =
  (token: string) =>
  async (route: Route): Promise<void> =>
    route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${token}` } });

/** Everything on the page, the text of its editors included. */
async function everything(page: Page): Promise<string> {
  return page.content();
}

test.each<[string, string, (route: Route) => Promise<void>]>([
  ['without the codec server', 'no-codec', (route) => route.abort()],
  ['without a token', 'no-token', (route) => route.continue()],
  ['with a wrong token', 'wrong-token', withToken('wrong-secret-of-the-same-length!')],
])('%s the UI shows nothing personal', async (_, name, treat) => {
  await look(treat, async (page) => {
    await untilShown(page, 'Codec Server could not connect');
    await untilShown(page, CIPHERTEXT);
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
    const shown = await everything(page);
    for (const personal of [...PERSONAL, 'Process the session']) expect(shown).not.toContain(personal);
  });
});

test('with the right token the UI shows input, result and summaries', async () => {
  await look(withToken(SECRET), async (page) => {
    await page.getByText('Canaria').first().waitFor({ timeout: LONGEST_LOOK_MS });
    await page
      .getByText('Process the session, then look until Notus has decided')
      .first()
      .waitFor({ timeout: LONGEST_LOOK_MS });
    await page.screenshot({ path: join(SCREENSHOTS, 'right-token.png') });
    const shown = await everything(page);
    for (const expected of [...PERSONAL, 'approved', 'individualId']) expect(shown).toContain(expected);
  });
  expect(calls.filter(({ who, status }) => who !== null && status === 200)).not.toEqual([]);
});

test('after an erasure the UI finds nothing of it', async () => {
  const client = new Client({ connection: environment.connection, plugins: [new EncryptionPlugin(keyRing(KEYS))] });
  const kyc = KycClient.of({ client, store: new FolderStore(temporaryFolder()) });
  const { runs } = await kyc.get(workflowId).erase();

  // What the pages themselves ask.
  const api = `${uiUrl}/api/v1/namespaces/default`;
  const asked = [
    `workflows/${workflowId}`,
    ...runs.map((id) => `workflows/${workflowId}/history?execution.runId=${id}`),
  ];
  for (const path of asked) expect((await fetch(`${api}/${path}`)).status).toBe(404);
  expect(await (await fetch(`${api}/workflows`)).text()).not.toContain(workflowId);
});
