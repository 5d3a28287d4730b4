import { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, type NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import { KeyRing } from '../../src/privacy/key-ring';
import { EncryptionPlugin } from '../../src/privacy/plugin';
import { FORGETS_AT_ONCE } from './dev-server';
import { workflowBundle } from './workflow-bundle';

/** A real Temporal server of the test file's own, without time skipping. */
export interface TestTemporal {
  client: Client;
  nativeConnection: NativeConnection;
  /** host:port */
  address: string;
  namespace: string;
  workflowBundle: { codePath: string };
  /** What workers and commands encrypt with, as `KYC_ENCRYPTION_KEYS`; empty for plain. */
  keys: string;
}

/** The binary that set-up found; tests do not download one by themselves. */
export function temporalCli(): string {
  const path = process.env.TEMPORAL_CLI_PATH;
  if (!path) throw new Error('TEMPORAL_CLI_PATH is not set: run node scripts/setup.mjs --server first.');
  return path;
}

/** A server without time skipping, that knows those search attributes. */
export function startTemporal({
  searchAttributes,
}: {
  searchAttributes: readonly string[];
}): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: temporalCli() },
      log: { format: 'pretty', level: 'error' },
      extraArgs: FORGETS_AT_ONCE,
      searchAttributes: searchAttributes.map((name) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)),
    },
  });
}

/**
 * Starts a server before the file's tests and stops it after them; the fields are there once the tests run.
 * With `searchAttributes: false` it is a server that nobody has set up yet; with `keys` all payloads are encrypted.
 */
export function useTemporal({ searchAttributes = true, keys = '' } = {}): TestTemporal {
  const temporal = {} as TestTemporal;
  let environment: TestWorkflowEnvironment | undefined;

  beforeAll(async () => {
    quietRuntime();
    const [created, bundle] = await Promise.all([
      startTemporal({ searchAttributes: searchAttributes ? SEARCH_ATTRIBUTES : [] }),
      workflowBundle(keyRing(keys)),
    ]);
    environment = created;
    const { connection, nativeConnection, address, namespace = 'default' } = created;
    const client = new Client({ connection, namespace, plugins: [new EncryptionPlugin(keyRing(keys))] });
    Object.assign(temporal, { client, nativeConnection, address, namespace, workflowBundle: bundle, keys });
  }, 120_000);

  afterAll(async () => environment?.teardown());

  return temporal;
}

/** The ring of a `KYC_ENCRYPTION_KEYS`; without keys when that is blank. */
export function keyRing(keys: string): KeyRing {
  return keys === '' ? KeyRing.empty : KeyRing.parse(keys);
}

/** Temporal's own log would bury the test report; a second install in one process is refused. */
function quietRuntime(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch (error) {
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
}
