import path from 'node:path';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { KycClient } from '../../src/client';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import { clientDataConverter } from '../../src/data-converter';
import { FolderStore } from '../../src/documents/folder-store';
import { DocumentAccess } from '../../src/documents/sources';
import { KycWorkers } from '../../src/kyc-workers';
import { KeyRing } from '../../src/privacy/key-ring';
import { EncryptionPlugin } from '../../src/privacy/plugin';
import { NotusClient } from '../../src/notus/client';
import { FormUploader } from '../../src/notus/upload';
import { startSandbox } from '../../src/sandbox/server';
import { registerSearchAttributes } from '../../src/search-attributes';
import type { Benchmark, Measured, Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { recorded } from '../server';

const MOST = { atMost: 46 };
const TIMEOUT_MS = 20_000;

export const events: Benchmark = {
  name: 'events',
  measures: 'History events of a verification with its documents at the start, after 3 polls and after 3,000.',
  where: 'time-skipping server',
  run,
};

/** On the time-skipping server, where the waits between 3,000 polls take no time. */
async function run({ quick, size }: Settings): Promise<Measured> {
  const many = quick ? 300 : (size ?? 3_000);
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-bench-'));
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'off' } } });
  const server = { executable: { type: 'existing-path' as const, path: recorded('temporalTestServer') } };
  const env = await TestWorkflowEnvironment.createTimeSkipping({ server });
  const sandbox = await startSandbox();
  const notus = new NotusClient({ baseUrl: sandbox.apiUrl, apiKey: sandbox.apiKey, timeoutMs: TIMEOUT_MS });
  await registerSearchAttributes(env.connection, 'default', SEARCH_ATTRIBUTES);
  const workers = await KycWorkers.create({
    connection: env.nativeConnection,
    namespace: 'default',
    taskQueue: 'kyc',
    workflowBundle: { codePath: path.resolve(__dirname, '..', '..', '..', 'workflow-bundle.js') },
    encryption: new EncryptionPlugin(KeyRing.empty),
    notus,
    documents: new DocumentAccess(new FolderStore(folder), []),
    uploader: new FormUploader({ timeoutMs: TIMEOUT_MS, allowedHosts: [new URL(sandbox.url).host] }),
    maxRequestsPerSecond: undefined,
    callTimeoutMs: TIMEOUT_MS,
  });
  const running = workers.run();
  // Its own waits for a result let the server's time pass.
  Object.assign(env.client.options, { dataConverter: clientDataConverter });
  const kyc = KycClient.of({ client: env.client });
  const eventsAfter = async (polls: number): Promise<number> => {
    sandbox.use({ name: 'bench', looks: polls - 1 });
    // Those of the verification before are deleted by now.
    const documents = referencesTo(putPhotos(folder));
    const { verificationId } = await kyc.start(`kyc-${polls}`, {
      request,
      documents,
      policy: { resultDeadline: '90d' },
    });
    const handle = env.client.workflow.getHandle(verificationId);
    await handle.result();
    const looks = sandbox.calls({ operation: 'get', sessionId: sandbox.sessions().at(-1)?.id ?? '' }).length;
    if (looks !== polls) throw new Error(`The verification took ${looks} looks where ${polls} were planned.`);
    return (await handle.fetchHistory()).events?.length ?? NaN;
  };
  try {
    const few = await eventsAfter(3);
    const lots = await eventsAfter(many);
    return {
      figures: [
        { label: 'events after 3 polls', unit: '', values: [few], goal: MOST, demand: MOST },
        { label: `events after ${many} polls`, unit: '', values: [lots], goal: MOST, demand: MOST },
        {
          label: 'events more, one workflow task left out of account',
          unit: '',
          values: [Math.max(0, Math.abs(lots - few) - 3)],
          goal: { atMost: 0 },
          demand: { atMost: 0 },
        },
      ],
      conditions: ['identity card, both sides; time-skipping server, real activities against the sandbox'],
    };
  } finally {
    workers.shutdown();
    await running;
    notus.close();
    await sandbox.close();
    await env.teardown();
    rmSync(folder, { recursive: true, force: true });
  }
}
