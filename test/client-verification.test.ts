import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  DocumentsRefusedError,
  type VerificationHandle,
  UploadFormsUnavailableError,
  VerificationCancelledError,
  VerificationClosedError,
  VerificationFailedError,
  VerificationNotFoundError,
  VerificationTerminatedError,
} from '../src/client';
import type { VerificationInput } from '../src/contract';
import { jpegImage, pngImage } from './support/images';
import { temporaryFolder } from './support/temporary-folder';
import { useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications, type Verifications } from './support/verifications';

const temporal = useTemporal();

const front = jpegImage({ seed: 1 });
const back = jpegImage({ seed: 2 });

async function untilAwaiting(verification: VerificationHandle): Promise<void> {
  for await (const { stage } of verification.watch()) if (stage === 'awaitingDocuments') return;
}

/** Notus approves it at the first look. */
function quick(): VerificationInput {
  return { request: { ...waiting().request, documentId: '12345671001' } };
}

function withRunning(body: (verifications: Verifications) => Promise<void>): Promise<void> {
  return withVerifications(temporal, (verifications) => verifications.withWorker(() => body(verifications)));
}

test('takes Buffers, gives the outcome, and leaves nothing in the store', async () => {
  await withRunning(async ({ kyc, sandbox, storeFolder }) => {
    const verification = await kyc.start(newId(), quick());
    const status = await verification.submitDocuments({ front, back });
    expect(status).toMatchObject({ verificationId: verification.verificationId, problem: null });
    expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
    expect(sandbox.calls({ operation: 'upload', status: 204 })).toHaveLength(2);
    expect(readdirSync(storeFolder)).toEqual([]);
  });
});

test('takes the path of a file for one side and a stream for the other', async () => {
  await withRunning(async ({ kyc }) => {
    const path = join(temporaryFolder(), 'photo.png');
    writeFileSync(path, pngImage());
    const verification = await kyc.start(newId(), quick());
    await verification.submitDocuments({ front: path, back: Readable.from([back]) });
    expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
  });
});

test('takes references, as objects and as URIs', async () => {
  await withRunning(async ({ kyc, store }) => {
    const verification = await kyc.start(newId(), quick());
    const { uri, sha256 } = await store.put(verification.verificationId, front, 1_000_000);
    const other = await store.put(verification.verificationId, back, 1_000_000);
    await verification.submitDocuments({ front: { uri, sha256 }, back: other.uri });
    expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
  });
});

test.each([
  ['a side is missing', { front }, 'InvalidDocuments'],
  ['a side is no image', { front, back: Buffer.from('not an image') }, 'DocumentUnusable'],
  ['a side is empty', { front, back: Buffer.alloc(0) }, 'DocumentUnusable'],
  ['a URI lies outside the store', { front: 'file:///etc/passwd', back: 'file:///etc/hosts' }, 'InvalidDocuments'],
  ['a file is not there', { front, back: '/nowhere/back.jpg' }, 'DocumentUnusable'],
  ['a path names a folder', { front, back: '/tmp' }, 'DocumentUnusable'],
])('refuses documents when %s, and deletes what it stored', async (_, documents, code) => {
  await withRunning(async ({ kyc, storeFolder }) => {
    const verification = await kyc.start(newId(), waiting());
    const refused = verification.submitDocuments(documents);
    await expect(refused).rejects.toThrow(DocumentsRefusedError);
    await expect(refused).rejects.toMatchObject({ code });
    expect(readdirSync(storeFolder)).toEqual([]);
    await verification.cancel();
  });
});

test('passes on the error of a stream that breaks', async () => {
  await withRunning(async ({ kyc, storeFolder }) => {
    const verification = await kyc.start(newId(), waiting());
    const broken = new Readable({ read: () => broken.destroy(new Error('the camera was unplugged')) });
    const refused = verification.submitDocuments({ front, back: broken });
    await expect(refused).rejects.toThrow('the camera was unplugged');
    expect(readdirSync(storeFolder)).toEqual([]);
    await verification.cancel();
  });
});

test('says that there is no such verification, whatever is asked of it', async () => {
  await withRunning(async ({ kyc, storeFolder }) => {
    const missing = kyc.get(newId());
    await expect(missing.status()).rejects.toThrow(VerificationNotFoundError);
    await expect(missing.watch().next()).rejects.toThrow(VerificationNotFoundError);
    await expect(missing.outcome()).rejects.toThrow(VerificationNotFoundError);
    await expect(missing.cancel()).rejects.toThrow(VerificationNotFoundError);
    await expect(missing.requestUploadForms()).rejects.toThrow(VerificationNotFoundError);
    await expect(missing.submitDocuments({ front, back })).rejects.toThrow(VerificationNotFoundError);
    expect(readdirSync(storeFolder)).toEqual([]);
  });
});

test('gives upload forms while documents are awaited', async () => {
  await withRunning(async ({ kyc }) => {
    const verification = await kyc.start(newId(), waiting());
    const forms = await verification.requestUploadForms();
    expect(forms.front.fields).toHaveProperty('Policy');
    expect(forms.back).not.toBeNull();
    expect(forms.sessionId).toBe((await verification.status()).sessionId);
    await verification.cancel();
  });
});

test('refuses documents and forms once the verification is closed, and still tells its status', async () => {
  await withRunning(async ({ kyc, storeFolder }) => {
    const verification = await kyc.start(newId(), quick());
    await verification.submitDocuments({ front, back });
    await verification.outcome();
    await expect(verification.requestUploadForms()).rejects.toThrow(UploadFormsUnavailableError);
    await expect(verification.submitDocuments({ front, back })).rejects.toMatchObject({ code: 'NotAwaitingDocuments' });
    await expect(verification.cancel()).rejects.toThrow(VerificationClosedError);
    expect(await verification.status()).toMatchObject({ stage: 'closed', outcome: 'approved', pending: null });
    expect(readdirSync(storeFolder)).toEqual([]);
  });
});

test('watches every stage until it is closed', async () => {
  await withRunning(async ({ kyc }) => {
    const verification = await kyc.start(newId(), quick());
    const stages = new Set<string>();
    let submitted: Promise<unknown> | undefined;
    for await (const { stage } of verification.watch()) {
      stages.add(stage);
      if (stage === 'awaitingDocuments') submitted ??= verification.submitDocuments({ front, back });
    }
    await submitted;
    expect([...stages].slice(-4)).toEqual(['awaitingDocuments', 'uploadingDocuments', 'verifying', 'closed']);
  });
});

test('ends a watch with the reason of its abort', async () => {
  await withRunning(async ({ kyc }) => {
    const verification = await kyc.start(newId(), waiting());
    const abort = new AbortController();
    const seen = (async () => {
      for await (const { stage } of verification.watch({ signal: abort.signal })) {
        if (stage === 'awaitingDocuments') abort.abort(new Error('enough'));
      }
    })();
    await expect(seen).rejects.toThrow('enough');
    await verification.cancel();
  });
});

test('ends a wait for the outcome with the reason of its abort', async () => {
  await withVerifications(temporal, async ({ kyc }) => {
    const verification = await kyc.start(newId(), waiting());
    const abort = new AbortController();
    const outcome = verification.outcome({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(outcome).rejects.toThrow('enough');
  });
});

test('tells what the server is trying, and what came of it', async () => {
  await withRunning(async ({ kyc }) => {
    const input = waiting();
    const slow = { request: { ...input.request, documentId: '12345672101' } };
    const verification = await kyc.start(newId(), slow);
    await verification.submitDocuments({ front, back });
    let status = await verification.status();
    while (!status.pending?.lastAnswer) status = await verification.status();
    expect(status.pending).toMatchObject({ activityId: 'poll-result-1' });
    expect(status.pending.lastAnswer).toContain('Notus');
    await verification.cancel();
  });
});

test('tells a failure by its type, a cancellation and a termination apart', async () => {
  await withRunning(async ({ kyc }) => {
    const documents = { front: { uri: 'file:///etc/passwd' }, back: { uri: 'file:///etc/hosts' } };
    const failed = await kyc.start(newId(), { ...waiting(), documents });
    await expect(failed.outcome()).rejects.toThrow(VerificationFailedError);
    await expect(failed.outcome()).rejects.toMatchObject({ type: 'DocumentUnusable' });

    const cancelled = await kyc.start(newId(), waiting());
    await cancelled.cancel();
    await expect(cancelled.outcome()).rejects.toThrow(VerificationCancelledError);
    expect(await cancelled.status()).toMatchObject({ stage: 'closed', outcome: null });

    const terminated = await kyc.start(newId(), waiting());
    await untilAwaiting(terminated);
    await temporal.client.workflow.getHandle(terminated.verificationId).terminate();
    await expect(terminated.outcome()).rejects.toThrow(VerificationTerminatedError);
    expect(await terminated.status()).toMatchObject({ stage: 'closed', documentsDeadline: null, pending: null });
  });
});

test('follows a verification that an operator resets', async () => {
  await withRunning(async ({ kyc }) => {
    const verification = await kyc.start(newId(), waiting());
    const outcome = verification.outcome();
    await untilAwaiting(verification);
    const handle = temporal.client.workflow.getHandle(verification.verificationId);
    const { runId } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const { eventId } = events?.find((event) => event.workflowTaskCompletedEventAttributes) ?? {};
    await temporal.client.workflowService.resetWorkflowExecution({
      namespace: temporal.namespace,
      workflowExecution: { workflowId: verification.verificationId, runId },
      workflowTaskFinishEventId: eventId,
      requestId: newId(),
      reason: 'test',
    });
    await verification.cancel();
    await expect(outcome).rejects.toThrow(VerificationCancelledError);
    expect((await handle.describe()).runId).not.toBe(runId);
  });
});

test('takes documents that were sent before any worker was there', async () => {
  await withVerifications(temporal, async ({ kyc, store, withWorker }) => {
    const verification = await kyc.start(newId(), quick());
    const put = async (bytes: Buffer): Promise<string> =>
      (await store.put(verification.verificationId, bytes, 1_000_000)).uri;
    const documents = { front: { uri: await put(front) }, back: { uri: await put(back) } };
    await temporal.client.workflow.getHandle(verification.verificationId).signal('documentsSubmitted', documents);
    await withWorker(async () => {
      expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
    });
  });
});
