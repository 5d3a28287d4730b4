import type { VerificationOutcome } from '../src/client';
import { photos, PHOTOS, untilStage, useEndToEnd, until } from './support/end-to-end';
import { flawless, judge } from './support/verdict';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

const ana = waiting();
const { documentId } = ana.request;

test.concurrent(
  'is driven by the plain temporal command, with the JSON of the contract',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const workflow = ['--workflow-id', 'from-the-command'];
    const start = ['--type', 'individualVerification', '--task-queue', place.taskQueue, '--input', JSON.stringify(ana)];
    await place.temporal('workflow', 'start', ...workflow, ...start);
    const documents = JSON.stringify(await place.putPhotos('from-the-command', PHOTOS));
    await place.temporal('workflow', 'signal', ...workflow, '--name', 'documentsSubmitted', '--input', documents);

    const answered = await place.temporal('workflow', 'result', ...workflow, '--output', 'json');

    const outcome = (JSON.parse(answered) as { result: VerificationOutcome }).result;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, problem: null });
    const verification = place.kyc.get('from-the-command');
    expect(await verification.status()).toMatchObject({ stage: 'closed', outcome: 'approved' });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'A13: documents that come after the forms have died go to a new session',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.kyc.start('late-documents', ana);
    await untilStage(verification, 'awaitingDocuments');
    // By the clock of S3 alone: the worker still takes the forms for good.
    place.sandbox.advance(11 * 60_000);

    await verification.submitDocuments(PHOTOS);

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 2, possibleOrphanSessions: 0 });
    expect(place.sandbox.calls({ operation: 'upload', status: 403 })).not.toEqual([]);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'A13: forms that are dead by their own date are not uploaded to',
  at(
    async (place) => {
      place.sandbox.use('approved-at-once');
      await place.startWorker();
      const verification = await place.kyc.start('dead-forms', ana);
      await untilStage(verification, 'awaitingDocuments');
      const { formsExpireAt } = await verification.status();
      await until(() => Date.now() > Date.parse(formsExpireAt ?? ''));

      await verification.submitDocuments(PHOTOS);

      const outcome = await verification.outcome();
      expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 2 });
      expect(place.sandbox.calls({ operation: 'upload', status: 403 })).toEqual([]);
      expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
    },
    { sandbox: { formLifetimeMs: 10_000 } },
  ),
);

test.concurrent(
  'A1: a passport with its front alone, at a Notus that answers as it did in October 2025',
  at(
    async (place) => {
      place.sandbox.use('approved-at-once');
      await place.startWorker();
      const address = { email: 'ana@example.com', address: 'Rua Exemplo, 1', city: 'Campinas', state: 'SP' };
      const request = { ...ana.request, ...address, postalCode: '13000000', documentCategory: 'PASSPORT' as const };

      const verification = await place.startWithDocuments({ request }, { front: PHOTOS.front });

      const outcome = await verification.outcome();
      expect(outcome).toMatchObject({ outcome: 'approved', individualId: expect.stringMatching(/^ind_/) as unknown });
      expect(place.sandbox.calls({ operation: 'upload' }).map(({ side }) => side)).toEqual(['front']);
      const verdict = await judge(place, verification, outcome, { documentId, attempts: [{ front: PHOTOS.front }] });
      expect(verdict).toEqual(flawless());
    },
    { sandbox: { profile: 'live-2025-10' } },
  ),
);

test.concurrent(
  'A3: a rejected attempt and a second one with another photo',
  at(async (place) => {
    place.sandbox.use({ name: 'rejected-once', looks: 0 });
    await place.startWorker();
    const verification = await place.kyc.start('second-attempt', { ...ana, policy: { maxAttempts: 2 } });
    await untilStage(verification, 'awaitingDocuments');
    await verification.submitDocuments(PHOTOS);
    await until(async () => (await verification.status()).attempt === 2);
    expect((await verification.status()).problem?.code).toBe('AttemptRejected');
    expect(place.stored).toEqual([]);
    const better = { front: photos(3).front, back: PHOTOS.back };

    await verification.submitDocuments(better);

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject({
      outcome: 'approved',
      attempts: [{ outcome: 'rejected' }, { outcome: 'approved' }],
    });
    const verdict = await judge(place, verification, outcome, { documentId, attempts: [PHOTOS, better] });
    expect(verdict).toEqual(flawless(2));
  }),
);

test.concurrent(
  'A21: tells the page of the face step from the opening of the session to the decision',
  at(async (place) => {
    place.sandbox.use({ name: 'looks', looks: 1 });
    await place.startWorker();
    const verification = await place.kyc.start('liveness', waiting(undefined, true));
    await untilStage(verification, 'awaitingDocuments');
    const { sessionId, livenessUrl } = await verification.status();
    expect(livenessUrl).toBe(`https://kyc.notus.team?sessionId=${sessionId}&language=en`);

    await verification.submitDocuments(PHOTOS);
    await until(() => place.sandbox.calls({ operation: 'get' }).length === 1);
    expect((await verification.status()).livenessUrl).toBe(livenessUrl);

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
    expect((await verification.status()).livenessUrl).toBeNull();
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);
