import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { chromium, type Browser, type Locator } from 'playwright-core';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import { FORGETS_AT_ONCE } from './dev-server';
import { temporalCli } from './temporal';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];
const LONGEST_LOOK_MS = 20_000;

/** A server of the test file's own with its UI on that port. */
export function startTemporalWithUi(uiPort: number, ...uiOptions: string[]): Promise<TestWorkflowEnvironment> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: temporalCli() },
      log: { format: 'pretty', level: 'error' },
      ui: true,
      uiPort,
      extraArgs: ['--ui-disable-news-fetch', ...uiOptions, ...FORGETS_AT_ONCE],
      searchAttributes: SEARCH_ATTRIBUTES.map((name) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)),
    },
  });
}

/** The Chromium of the machine, without a window. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: QUIET, chromiumSandbox: false });
}

/** The UI holds some texts twice, for narrow and for wide windows. */
export async function untilShown(place: Pick<Locator, 'getByText'>, text: string | RegExp): Promise<void> {
  await place.getByText(text).locator('visible=true').first().waitFor({ timeout: LONGEST_LOOK_MS });
}
