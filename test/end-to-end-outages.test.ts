import { join } from 'node:path';
import type { VerificationHandle } from '../src/client';
import { PHOTOS, until, untilStage, useEndToEnd, type PlaceOptions } from './support/end-to-end';
import { temporaryFolder } from './support/temporary-folder';
import { flawless, judge } from './support/verdict';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

const ana = waiting();
const { documentId } = ana.request;
const person = (id: string): typeof ana => ({ request: { ...ana.request, documentId: id } });

/** A Notus that knows its sessions again when it comes back. */
const remembering = (): PlaceOptions => ({ sandbox: { dataFile: join(temporaryFolder(), 'sandbox.jsonl') } });

async function untilRefused(verification: VerificationHandle): Promise<void> {
  await until(async () => (await verification.status()).problem?.code === 'NotusKeyRefused');
}

/** The server retries without the workflow, so the outage shows in the pending activity first. */
async function untilUnreachable(verification: VerificationHandle): Promise<void> {
  await until(async () => /can't be reached/.test((await verification.status()).pending?.lastAnswer ?? ''));
}

// The worker waits a minute before it shows a refused key again, so this one goes first.
test.concurrent(
  'A25, A26: tells a refused key and a feature that is not enabled, loses nothing, and goes on once they are mended',
  at(async (place) => {
    const people = ['12345678901', '12345678902', '12345678903'];
    const [notEnabled = '', deciding = '', creating = ''] = people;
    place.sandbox.use('approved-at-once');
    place.sandbox.use(
      { name: 'approved-at-once', create: [{ kind: 'error', status: 403 }] },
      { documentId: notEnabled },
    );
    place.sandbox.use({ name: 'looks', looks: 1 }, { documentId: deciding });
    await place.startWorker();
    const verifications = [
      await place.startWithDocuments(person(notEnabled)),
      await place.startWithDocuments(person(deciding)),
    ];
    await until(() => place.sandbox.calls({ operation: 'get', documentId: deciding }).length === 1);
    const key = place.sandbox.apiKey;

    await place.replaceKey('the key after a rotation');
    verifications.push(await place.startWithDocuments(person(creating)));
    await Promise.all(verifications.map(untilRefused));
    await place.replaceKey(key);

    const outcomes = await Promise.all(verifications.map((verification) => verification.outcome()));
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ outcome: 'approved', problem: null });
      expect(outcome).toMatchObject({ sessionsCreated: 1, possibleOrphanSessions: 0 });
      const verdict = await judge(place, verifications[index]!, outcome, { documentId: people[index]! });
      expect(verdict).toEqual(flawless());
    }
  }),
  120_000,
);

test.concurrent(
  'A5: Notus not there when a session is needed: waits for it, and counts no orphan',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    await place.takeNotusDown();
    const verification = await place.startWithDocuments(ana);
    await untilUnreachable(verification);

    await place.bringNotusBack();

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }, remembering()),
);

test.concurrent(
  'A5: Notus gone when the documents come: uploads them when it is back',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.kyc.start('notus-gone-at-upload', ana);
    await untilStage(verification, 'awaitingDocuments');
    const { sessionId } = await verification.status();
    await place.takeNotusDown();
    await verification.submitDocuments(PHOTOS);
    await untilUnreachable(verification);

    await place.bringNotusBack();

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject({ outcome: 'approved', sessionId, sessionsCreated: 1 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }, remembering()),
);

test.concurrent(
  'A5: Notus gone between two looks: looks on when it is back, and does not process again',
  at(async (place) => {
    place.sandbox.use({ name: 'looks', looks: 1 });
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    await until(() => place.sandbox.calls({ operation: 'get' }).length === 1);
    await place.takeNotusDown();
    await untilUnreachable(verification);

    await place.bringNotusBack();

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
    expect(place.sandbox.calls({ operation: 'process' })).toHaveLength(1);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }, remembering()),
);
