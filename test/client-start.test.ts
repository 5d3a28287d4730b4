import {
  InvalidRequestError,
  VerificationConflictError,
  VerificationHandle,
  VerificationNotFoundError,
} from '../src/client';
import type { VerificationInput } from '../src/contract';
import { useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications } from './support/verifications';

const temporal = useTemporal();

function reordered({ request }: VerificationInput): VerificationInput {
  return { request: Object.fromEntries(Object.entries(request).reverse()) as VerificationInput['request'] };
}

test('starts a verification, and finds it again by the same request and policy', async () => {
  await withVerifications(temporal, async ({ kyc }) => {
    const id = newId();
    const first = await kyc.start(id, waiting({ maxAttempts: 1 }));
    const second = await kyc.start(id, reordered(waiting()));
    const third = await kyc.start(id, waiting({ documentsDeadline: '1d', resultDeadline: '1440m' }));
    expect([first.started, second.started, third.started]).toEqual([true, false, false]);
    expect(second).toBeInstanceOf(VerificationHandle);
  });
});

test('gives it a summary without personal data', async () => {
  await withVerifications(temporal, async ({ kyc, taskQueue }) => {
    const { verificationId } = await kyc.start(newId(), waiting());
    const description = await temporal.client.workflow.getHandle(verificationId).describe();
    expect(description.type).toBe('individualVerification');
    expect(description.taskQueue).toBe(taskQueue);
    expect(await description.staticSummary()).toBe('Identity verification, IDENTITY_CARD, documents awaited');
  });
});

test('ignores the documents of a second start', async () => {
  await withVerifications(temporal, async ({ kyc }) => {
    const id = newId();
    await kyc.start(id, waiting());
    const documents = { front: { uri: 'file:///store/a' }, back: { uri: 'file:///store/b' } };
    expect(await kyc.start(id, { ...waiting(), documents })).toMatchObject({ started: false });
  });
});

test.each([
  ['request', { request: { ...waiting().request, documentId: '98765432100' } }],
  ['policy', waiting({ maxAttempts: 2 })],
])('refuses an id that belongs to another %s', async (_, other) => {
  await withVerifications(temporal, async ({ kyc }) => {
    const id = newId();
    await kyc.start(id, waiting());
    const refused = kyc.start(id, other);
    await expect(refused).rejects.toThrow(VerificationConflictError);
    await expect(refused).rejects.toMatchObject({ reason: 'otherRequest', verificationId: id });
  });
});

test('refuses an id that a workflow of another type has', async () => {
  await withVerifications(temporal, async ({ kyc, taskQueue }) => {
    const id = newId();
    await temporal.client.workflow.start('somethingElse', { workflowId: id, taskQueue });
    await expect(kyc.start(id, waiting())).rejects.toMatchObject({ reason: 'otherWorkflow' });
    await expect(kyc.get(id).status()).rejects.toThrow(VerificationNotFoundError);
  });
});

test('refuses an id that was started with something that is no input', async () => {
  await withVerifications(temporal, async ({ kyc, taskQueue }) => {
    const id = newId();
    await temporal.client.workflow.start('individualVerification', { workflowId: id, taskQueue, args: [null] });
    await expect(kyc.start(id, waiting())).rejects.toMatchObject({ reason: 'otherRequest' });
  });
});

test('refuses a wrong input with a line for each field, before anything is sent', async () => {
  await withVerifications(temporal, async ({ kyc }) => {
    const id = newId();
    const input = waiting();
    const wrong = { request: { ...input.request, documentCountry: 'BR', documentId: '123.456' } };
    const refused = kyc.start(id, wrong);
    await expect(refused).rejects.toThrow(InvalidRequestError);
    await expect(refused).rejects.toMatchObject({
      lines: [expect.stringContaining('did you mean BRAZIL?'), expect.stringContaining('request.documentId')],
    });
    await expect(kyc.get(id).status()).rejects.toThrow(VerificationNotFoundError);
  });
});

test('refuses an empty id and one that Temporal would not take', async () => {
  await withVerifications(temporal, async ({ kyc }) => {
    await expect(kyc.start('', waiting())).rejects.toThrow(InvalidRequestError);
    await expect(kyc.start('x'.repeat(1_001), waiting())).rejects.toThrow(InvalidRequestError);
  });
});

test('refuses an input that is too large for Temporal', async () => {
  await withVerifications(temporal, async ({ kyc }) => {
    const input = waiting();
    const huge = { request: { ...input.request, note: 'x'.repeat(3_000_000) } };
    await expect(kyc.start(newId(), huge)).rejects.toThrow(InvalidRequestError);
  });
});

test('restarts under an id that is closed, and not while one runs', async () => {
  await withVerifications(temporal, async ({ kyc }) => {
    const id = newId();
    await kyc.start(id, waiting());
    await expect(kyc.start(id, waiting(), { restart: true })).rejects.toMatchObject({ reason: 'stillRunning' });
    await temporal.client.workflow.getHandle(id).terminate();
    expect(await kyc.start(id, waiting())).toMatchObject({ started: false });
    expect(await kyc.start(id, waiting({ maxAttempts: 2 }), { restart: true })).toMatchObject({ started: true });
  });
});
