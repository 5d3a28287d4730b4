import { Client } from '@temporalio/client';
import { connectTemporal } from '../client/connect-temporal';
import { inputOfRun } from '../client/same-verification';
import { eventsOf, type Run } from '../client/run-history';
import { loadClientConfig } from '../config';
import { WORKFLOW_TYPE } from '../contract';
import { clientDataConverter } from '../data-converter';
import { keyIdsIn } from '../privacy/key-ids';
import type { KeyRing } from '../privacy/key-ring';
import { EncryptionPlugin } from '../privacy/plugin';
import type { CheckGroup } from './doctor-check';

/** The keys of this environment: whether they are well formed, and whether they read what the namespace holds. */
export function checksOfEncryption(env: NodeJS.ProcessEnv): CheckGroup {
  const run = async (): Promise<string> => {
    const { keys } = loadClientConfig(env);
    const { connection, namespace } = await connectTemporal(env).catch(() => {
      throw new Error('Well formed, but not tried, because Temporal does not answer.');
    });
    try {
      const plugins = [new EncryptionPlugin(keys)];
      return await tryKeys(keys, new Client({ connection, namespace, dataConverter: clientDataConverter, plugins }));
    } finally {
      await connection.close();
    }
  };
  return { checks: [{ name: 'encryption keys', run }], close: () => undefined };
}

async function tryKeys(keys: KeyRing, client: Client): Promise<string> {
  const whatIsWritten = keys.first === undefined ? 'none, so payloads are in clear' : `${keys.first.id} encrypts`;
  const newest = await newestVerification(client);
  if (newest === null) return `${whatIsWritten}; no verification to try them on yet`;
  const keyIds = await keyIdsOfInput(client, newest);
  const missing = keyIds.find((id) => keys.find(id) === undefined);
  if (missing !== undefined) {
    throw new Error(
      `The newest verification is encrypted with the key ${missing}, which KYC_ENCRYPTION_KEYS lacks: put it at the end of the list.`,
    );
  }
  await inputOfRun(client, newest.workflowId, newest.runId).catch(() => {
    throw new Error(
      `The newest verification can't be read, although its key ${keyIds.join()} is there: KYC_ENCRYPTION_KEYS has another under that id.`,
    );
  });
  return `${whatIsWritten}; the newest verification ${keyIds.length === 0 ? 'is in clear' : 'can be read'}`;
}

async function newestVerification(client: Client): Promise<Run | null> {
  const query = `WorkflowType = '${WORKFLOW_TYPE}'`;
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 1 })) return { workflowId, runId };
  return null;
}

/** The ids of the keys that the input was encrypted with, from the first event alone. */
async function keyIdsOfInput(client: Client, run: Run): Promise<string[]> {
  for await (const event of eventsOf(client, run)) return [...keyIdsIn(event)];
  return [];
}
