import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../src/demo/ports';
import { holdStates, idOf, type HeldStates, type State } from '../support/operator-states';
import { keyRing } from '../support/temporal';
import { startChromium, startTemporalWithUi, untilShown } from '../support/temporal-ui';
import { workflowBundle } from '../support/workflow-bundle';

const SCREENSHOTS = join(__dirname, '../../.cache/screenshots');
const WIDE = { width: 1400, height: 940 };

let environment: TestWorkflowEnvironment;
let browser: Browser;
let states: HeldStates;
let workflowsUrl: string;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const uiPort = await freePort();
  workflowsUrl = `http://127.0.0.1:${uiPort}/namespaces/default/workflows`;
  environment = await startTemporalWithUi(uiPort);
  const { connection, nativeConnection, address } = environment;
  states = await holdStates({
    ...{ client: new Client({ connection }), nativeConnection, address, namespace: 'default', keys: '' },
    workflowBundle: await workflowBundle(keyRing('')),
  });
  browser = await startChromium();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await states?.letGo();
  await environment?.teardown();
});

async function inBrowser(body: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: WIDE });
  try {
    await body(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Turns to one of a verification's tabs, waits until all of that can be read there, and keeps a picture of it. */
async function readTab(page: Page, state: State, tab: Tab, texts: readonly (string | RegExp)[]): Promise<void> {
  // By its address, since a click that meets a redraw of the page may be lost.
  await page.goto(`${workflowsUrl}/${idOf(state)}/${states.runIdOf(state)}/${tab}`);
  // The UI shows what a workflow has written in frames: the summary, and last the current details.
  const place = tab === 'user-metadata' ? page.locator('iframe').last().contentFrame() : page;
  try {
    for (const text of texts) await untilShown(place, text);
  } catch (error) {
    throw new Error(`${page.url()} reads: ${await page.locator('body').innerText()}`, { cause: error });
  } finally {
    await page.screenshot({ path: join(SCREENSHOTS, `${state}-${tab}.png`) });
  }
}

/** A tab of a verification, as its address ends. */
type Tab = 'timeline' | 'pending-activities' | 'search-attributes' | 'user-metadata';

/** What an operator must be able to read of a verification, by the tab that tells it. */
interface Readable {
  /** The badge beside its id. */
  badge: string;
  /** What it waits for or how it ended, and what can be done. */
  details: (string | RegExp)[];
  attributes: Partial<Record<'KycStage' | 'KycOutcome' | 'KycProblem', string>>;
  timeline: (string | RegExp)[];
  pending?: (string | RegExp)[];
}

const DOCUMENTS_SENT = [
  ...['Open a session at Notus', 'Documents deadline', 'submitDocuments', 'Inspect the documents'],
  ...['Upload the front to Notus', 'Upload the back to Notus'],
];
const POLL = 'Process the session, then look until Notus has decided';

const READABLE: [State, Readable][] = [
  [
    'waiting',
    {
      badge: 'Running',
      details: [
        'Waiting for the applicant’s documents: front and back',
        /until \d.*, then it ends as abandoned/,
        'What can be done: Send the signal documentsSubmitted',
      ],
      attributes: { KycStage: 'awaitingDocuments' },
      timeline: ['Open a session at Notus', 'Documents deadline', 'Results will appear upon completion'],
    },
  ],
  [
    'running',
    {
      badge: 'Running',
      details: [
        'Waiting for the decision of Notus',
        /until \d.*, then it ends as timedOut/,
        'what Notus says of it stands in Pending Activities',
        'What can be done: nothing is needed, it goes on by itself. Each attempt of the pending activity is one look',
      ],
      attributes: { KycStage: 'verifying' },
      timeline: [...DOCUMENTS_SENT, POLL],
      pending: [
        'poll-result-1',
        /^\s*\d+\s*\/\s*Unlimited\s*$/i,
        /"message": "Notus says VERIFYING \(call \d+\); next look in/,
      ],
    },
  ],
  [
    'retrying',
    {
      badge: 'Running',
      details: [
        'Waiting for the decision of Notus',
        /problem NotusUnavailable since \d.*: Notus/,
        'What can be done: see NotusUnavailable in docs/runbook.md. It goes on by itself then.',
      ],
      attributes: { KycStage: 'verifying', KycProblem: 'NotusUnavailable' },
      timeline: [...DOCUMENTS_SENT, POLL],
      pending: ['poll-result-1', /^\s*\d+\s*\/\s*Unlimited\s*$/i, /"message": "Notus .*500.* Next try in \d+ s/],
    },
  ],
  [
    'approved',
    {
      badge: 'Completed',
      details: ['Closed: approved', 'last seen COMPLETED', 'What can be done: Nothing else is needed.'],
      attributes: { KycStage: 'closed', KycOutcome: 'approved' },
      timeline: [...DOCUMENTS_SENT, POLL, '"outcome": "approved"', /"individualId": "ind_/],
    },
  ],
  [
    'rejected',
    {
      badge: 'Completed',
      details: ['Closed: rejected', 'last seen FAILED', 'kyc start ID FILE --restart'],
      attributes: { KycStage: 'closed', KycOutcome: 'rejected' },
      timeline: [...DOCUMENTS_SENT, POLL, '"outcome": "rejected"'],
    },
  ],
  [
    'failed',
    {
      badge: 'Failed',
      details: ['Failed: somebody must look', 'what docs/runbook.md says of its type. Nobody was rejected.'],
      attributes: { KycStage: 'closed', KycOutcome: 'failed' },
      timeline: [
        'Open a session at Notus',
        /"message": "request\.motherName: Required \(Notus\)"/,
        '"type": "InvalidRequest"',
      ],
    },
  ],
  [
    'cancelled',
    {
      badge: 'Canceled',
      details: ['Cancelled before a decision', 'kyc start ID FILE --restart'],
      attributes: { KycStage: 'closed', KycOutcome: 'cancelled' },
      timeline: ['Open a session at Notus', 'Documents deadline'],
    },
  ],
];

test.each(READABLE)(
  'the UI explains a verification that is %s',
  async (state, { badge, details, attributes, timeline, pending }) => {
    await inBrowser(async (page) => {
      await readTab(page, state, 'timeline', [new RegExp(`^${badge}$`, 'i'), ...timeline]);
      if (pending !== undefined) await readTab(page, state, 'pending-activities', pending);
      const shown = Object.entries(attributes).map(([name, value]) => `"${name}": "${value}"`);
      await readTab(page, state, 'search-attributes', shown);
      await readTab(page, state, 'user-metadata', details);
      await untilShown(page.locator('iframe').first().contentFrame(), 'Identity verification, IDENTITY_CARD');
    });
  },
);

const FILTERS: [string, State[]][] = [
  ['KycStage="awaitingDocuments"', ['waiting']],
  ['KycStage IN ("creatingSession","uploadingDocuments","verifying")', ['retrying', 'running']],
  ['KycProblem IS NOT NULL AND KycStage!="closed"', ['retrying']],
  ['KycProblem="NotusUnavailable"', ['retrying']],
  ['KycOutcome="failed"', ['failed']],
  ['KycOutcome IN ("approved","rejected","abandoned","expired","timedOut")', ['approved', 'rejected']],
];

test('those are the filters that operators are told of', () => {
  const guide = readFileSync(join(__dirname, '../../docs/operators.md'), 'utf8');
  const told = [...guide.matchAll(/^\| `(Kyc.*)` +\|/gm)].map(([, filter]) => filter);
  // All of them have been taken up by a worker, so that the first one finds nothing here.
  expect(told).toEqual(['KycStage IS NULL', ...FILTERS.map(([filter]) => filter), 'KycSessionId="…"']);
});

test.each([...FILTERS, ['KycStage="verifying"', ['retrying', 'running']] as [string, State[]]])(
  'the list filtered by %s holds exactly those',
  async (filter, expected) => {
    await inBrowser(async (page) => {
      await page.goto(`${workflowsUrl}?query=${encodeURIComponent(filter)}`);
      await untilShown(page, new RegExp(`^${expected.length} Workflows?$`));
      for (const state of expected) await untilShown(page, idOf(state));
      const listed = await page.getByRole('link', { name: /signup-/ }).allInnerTexts();
      expect([...new Set(listed)].sort()).toEqual(expected.map(idOf));
      await page.screenshot({ path: join(SCREENSHOTS, `list-${expected.join('-')}.png`) });
    });
  },
);
