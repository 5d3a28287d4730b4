import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { KycClient, type VerificationHandle } from '../src/client';
import { DOCUMENTS_SUBMITTED, WORKFLOW_TYPE, type VerificationInput } from '../src/contract';
import { workerDataConverter } from '../src/data-converter';
import { EncryptionPlugin } from '../src/privacy/plugin';
import { jpegImage } from './support/images';
import { kyc as command } from './support/kyc-command';
import { keyRing, useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications, type Verifications } from './support/verifications';

const OLD = `old:${Buffer.alloc(32, 1).toString('base64')}`;
const NEW = `new:${Buffer.alloc(32, 2).toString('base64')}`;
const temporal = useTemporal({ keys: OLD });

const front = jpegImage({ seed: 1 });
const back = jpegImage({ seed: 2 });
const CANARIES = ['Canaria', '12345671001', 'canary@example.com', '15/01/1990', 'IDENTITY_CARD', 'file:///'];

function person(documentId = '12345671001'): VerificationInput {
  const { request } = waiting();
  return { request: { ...request, firstName: 'Canaria', email: 'canary@example.com', documentId } };
}

/** Of a failure, the words for people are hidden; its type is not. */
const WORDS = ['Notus says', 'Next try', 'must be', 'Go-betweens'];

async function historyOf({ verificationId }: VerificationHandle): Promise<string> {
  return historyToJSON(await temporal.client.workflow.getHandle(verificationId).fetchHistory());
}

/** Payloads are base64 in a history's JSON, so what is searched is what they hold. */
function readable(history: string): string {
  const decoded = [...history.matchAll(/"data": ?"([A-Za-z0-9+/=]+)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64'),
  );
  return history + decoded.map((data) => data.toString('latin1')).join('\n');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const patience = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > patience) throw new Error(`In 30 s it never came to: ${holds.toString()}`);
    await sleep(50);
  }
}

const isPending =
  ({ verificationId }: VerificationHandle, activityId: string, atLeastAttempt = 1) =>
  async (): Promise<boolean> => {
    const { raw } = await temporal.client.workflow.getHandle(verificationId).describe();
    const activity = raw.pendingActivities?.find((pending) => pending.activityId === activityId);
    return (activity?.attempt ?? 0) >= atLeastAttempt;
  };

function withRunning(body: (verifications: Verifications) => Promise<void>): Promise<void> {
  return withVerifications(temporal, (verifications) => verifications.withWorker(() => body(verifications)));
}

function clientWith(keys: string, { taskQueue, store }: Verifications): KycClient {
  const { connection, options } = temporal.client;
  const plugins = [new EncryptionPlugin(keyRing(keys))];
  return KycClient.of({ client: new Client({ connection, namespace: options.namespace, plugins }), taskQueue, store });
}

test('goes from start to outcome, and its history shows nothing personal and no word of a failure', async () => {
  await withRunning(async ({ kyc, env }) => {
    const verification = await kyc.start(newId(), person());
    await verification.submitDocuments({ front, back });
    expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
    expect(await command(['outcome', verification.verificationId], env)).toMatchObject({ code: 0, err: '' });

    const shown = readable(await historyOf(verification));
    for (const canary of [...CANARIES, ...WORDS]) expect(shown).not.toContain(canary);
    expect(shown).toContain('Encoded failure');
    expect(shown).toContain('KycOutcome');
  });
});

test('the workflow of a failed verification hides its own words, too, and the caller reads them', async () => {
  await withRunning(async (verifications) => {
    const id = newId();
    const start = { workflowId: id, taskQueue: verifications.taskQueue, args: [{ request: { firstName: 'Canaria' } }] };
    await temporal.client.workflow.start(WORKFLOW_TYPE, start);
    const verification = verifications.kyc.get(id);
    await expect(verification.outcome()).rejects.toMatchObject({
      type: 'InvalidRequest',
      reason: expect.stringContaining('lastName') as string,
    });
    const shown = readable(await historyOf(verification));
    for (const hidden of ['Canaria', 'lastName']) expect(shown).not.toContain(hidden);
  });
});

test('an encrypted history replays with its keys', async () => {
  await withRunning(async ({ kyc }) => {
    const verification = await kyc.start(newId(), person());
    await verification.submitDocuments({ front, back });
    await verification.outcome();
    const workflowId = verification.verificationId;
    const history = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    const plugin = new EncryptionPlugin(keyRing(`${NEW},${OLD}`));
    const options = {
      workflowBundle: temporal.workflowBundle,
      dataConverter: workerDataConverter,
      plugins: [plugin, plugin],
    };
    const errors: unknown[] = [];
    for await (const { error } of Worker.runReplayHistories(options, [{ workflowId, history }])) errors.push(error);
    expect(errors).toEqual([undefined]);
  });
});

test('a plugin given twice, by the connection and to the client, encrypts once', async () => {
  await withRunning(async ({ taskQueue, store }) => {
    const plugin = new EncryptionPlugin(keyRing(OLD));
    const connection = await Connection.connect({ address: temporal.address, plugins: [plugin] });
    const client = new Client({ connection, namespace: temporal.namespace, plugins: [plugin, plugin] });
    expect(client.options.loadedDataConverter.payloadCodecs).toHaveLength(1);
    const verification = await KycClient.of({ client, taskQueue, store }).start(newId(), person());
    expect(await verification.status()).toMatchObject({ outcome: null });
    await connection.close();
  });
});

test('a client without the plugin is told that it has no keys, whatever it reads', async () => {
  await withRunning(async ({ kyc, taskQueue }) => {
    const { verificationId } = await kyc.start(newId(), person());
    const client = new Client({ connection: temporal.client.connection, namespace: temporal.namespace });
    const plain = KycClient.of({ client, taskQueue });
    const unreadable = {
      name: 'PayloadUnreadableError',
      message: expect.stringContaining('make its Client with the plugin that encryption() gives') as string,
    };
    await expect(plain.get(verificationId).status()).rejects.toMatchObject(unreadable);
    await expect(plain.start(verificationId, person())).rejects.toMatchObject(unreadable);
    await kyc.get(verificationId).cancel();
    await expect(kyc.get(verificationId).outcome()).rejects.toMatchObject({ name: 'VerificationCancelledError' });

    const failing = newId();
    const start = { workflowId: failing, taskQueue, args: [{ request: {} }] };
    await temporal.client.workflow.start(WORKFLOW_TYPE, start);
    await expect(plain.get(failing).outcome()).rejects.toMatchObject(unreadable);
  });
});

test('a caller who sends plain is served all the same, and what the worker writes is encrypted', async () => {
  await withRunning(async (verifications) => {
    const plain = await clientWith('', verifications).start(newId(), person());
    const verification = verifications.kyc.get(plain.verificationId);
    await verification.submitDocuments({ front, back });
    expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
    const [started, ...rest] =
      (await temporal.client.workflow.getHandle(plain.verificationId).fetchHistory()).events ?? [];
    expect(readable(historyToJSON({ events: [started ?? {}] }))).toContain('Canaria');
    const shown = readable(historyToJSON({ events: rest }));
    for (const canary of CANARIES) expect(shown).not.toContain(canary);
  });
});

test('a client without the key is told which one it lacks', async () => {
  await withRunning(async (verifications) => {
    const { verificationId } = await verifications.kyc.start(newId(), person());
    for (const keys of ['', NEW]) {
      await expect(clientWith(keys, verifications).get(verificationId).status()).rejects.toMatchObject({
        name: 'PayloadUnreadableError',
        message: `What Temporal holds of verification ${verificationId} is encrypted with the key old: add it to KYC_ENCRYPTION_KEYS.`,
      });
    }
  });
});

test('waits while the key is missing, and goes on by itself once it is back', async () => {
  await withVerifications(temporal, async (verifications) => {
    const { kyc, withWorker } = verifications;
    const other = clientWith(NEW, verifications);
    const verification = await other.start(newId(), person('12345672101'));
    const { workflow } = temporal.client;
    const failures = async (): Promise<number> => {
      const { events } = await workflow.getHandle(verification.verificationId).fetchHistory();
      return events?.filter((event) => event.workflowTaskFailedEventAttributes).length ?? 0;
    };
    await withWorker(() => until(async () => (await failures()) > 0));
    expect((await workflow.getHandle(verification.verificationId).describe()).status.name).toBe('RUNNING');

    // Then everybody has both keys, and later a step meets a worker without them.
    const both = clientWith(`${OLD},${NEW}`, verifications).get(verification.verificationId);
    await withWorker(
      async () => {
        await until(async () => (await both.status()).stage === 'awaitingDocuments');
        await both.submitDocuments({ front, back });
        await until(isPending(both, 'poll-result-1', 2));
      },
      { keys: `${OLD},${NEW}` },
    );
    await withWorker(
      async () => {
        const lost = async (): Promise<boolean> => {
          const { raw } = await workflow.getHandle(verification.verificationId).describe();
          return raw.pendingActivities?.[0]?.lastFailure?.applicationFailureInfo?.type === 'UnknownEncryptionKey';
        };
        await until(lost);
      },
      { keys: NEW },
    );
    await withWorker(
      async () => {
        await both.cancel();
        await expect(both.outcome()).rejects.toMatchObject({ name: 'VerificationCancelledError' });
      },
      { keys: `${NEW},${OLD}` },
    );
    expect(kyc).toBeDefined();
  });
});

describe('a payload copied from another verification', () => {
  /** What another verification was given to read. */
  async function inputOf({ verificationId }: VerificationHandle): Promise<Payload> {
    const { events } = await temporal.client.workflow.getHandle(verificationId).fetchHistory();
    return events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0] ?? {};
  }

  test('is refused like nonsense as the argument of a caller', async () => {
    await withRunning(async ({ kyc }) => {
      const [victim, target] = [await kyc.start(newId(), person()), await kyc.start(newId(), person())];
      const input = { payloads: [await inputOf(victim)] };
      await temporal.client.workflowService.signalWorkflowExecution({
        namespace: temporal.namespace,
        workflowExecution: { workflowId: target.verificationId },
        signalName: DOCUMENTS_SUBMITTED,
        input,
      });
      await until(async () => (await target.status()).problem !== null);
      expect(await target.status()).toMatchObject({ problem: { code: 'InvalidDocuments' } });
    });
  });

  test('as the result of a step fails the verification clearly', async () => {
    await withRunning(async ({ kyc }) => {
      const victim = await kyc.start(newId(), person());
      const target = await kyc.start(newId(), person('12345672101'));
      await target.submitDocuments({ front, back });
      await until(isPending(target, 'poll-result-1', 2));
      const result = { payloads: [await inputOf(victim)] };
      const { namespace } = temporal;
      const step = { namespace, workflowId: target.verificationId, activityId: 'poll-result-1', result };
      await temporal.client.workflowService.respondActivityTaskCompletedById(step);
      await expect(target.outcome()).rejects.toMatchObject({
        name: 'VerificationFailedError',
        type: 'ProtocolError',
        reason: expect.stringMatching(/pollResult was altered, or belongs to another verification/) as string,
      });
    });
  });
});
