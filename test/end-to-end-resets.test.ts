import { VerificationFailedError } from '../src/client';
import { PHOTOS, photos, until, untilStage, useEndToEnd } from './support/end-to-end';
import { Operator } from './support/operator';
import { flawless, judge } from './support/verdict';
import { waiting } from './support/verification-input';

// docs/runbook.md tells operators what these show.

const { at } = useEndToEnd();

const ana = waiting();
const { documentId } = ana.request;
/** The reset itself stands in the history as a failed workflow task. */
const afterReset = { ...flawless(), failedWorkflowTasks: 1 };
const approved = { outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 };

test.concurrent(
  'reset while documents are awaited, to the time after the create: keeps the session',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.kyc.start('awaiting', ana);
    const awaited = verification.outcome();
    await untilStage(verification, 'awaitingDocuments');
    const { sessionId } = await verification.status();

    await new Operator(place, verification).reset('--type', 'LastWorkflowTask');
    await verification.submitDocuments(PHOTOS);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ ...approved, sessionId });
    expect(place.sandbox.calls({ operation: 'process', effect: 'accepted' })).toHaveLength(1);
  }),
  120_000,
);

test.concurrent(
  'reset to its beginning: opens another session, and what was submitted is there again',
  at(async (place) => {
    place.sandbox.use('never-final');
    await place.startWorker();
    const verification = await place.kyc.start('beginning', ana);
    const awaited = verification.outcome();
    await untilStage(verification, 'awaitingDocuments');
    await place.signal(verification, await place.putPhotos(verification.verificationId, PHOTOS));
    await until(() => place.sandbox.calls({ operation: 'get' }).length > 0);

    place.sandbox.use('approved-at-once');
    await new Operator(place, verification).reset('--type', 'FirstWorkflowTask');

    const outcome = await awaited;
    expect(outcome).toMatchObject(approved);
    // Nobody counts the first session: the new run knows nothing of it.
    const sessions = place.sandbox.sessions(documentId);
    expect(sessions.map(({ id, processCalls }) => [id === outcome.sessionId, processCalls])).toEqual([
      [false, 1],
      [true, 1],
    ]);
    expect(place.stored).toEqual([]);
  }),
  120_000,
);

test.concurrent(
  'reset between two looks to before the uploads: uploads again, and does not process twice',
  at(async (place) => {
    place.sandbox.use('never-final');
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'get' }).length > 0);

    await new Operator(place, verification).resetBefore('upload-front-1');
    await until(() => place.sandbox.calls({ operation: 'upload' }).length === 4);
    place.sandbox.complete((await verification.status()).sessionId ?? '', 'COMPLETED');

    const outcome = await awaited;
    expect(outcome).toMatchObject(approved);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(afterReset);
  }),
);

test.concurrent(
  'reset before process was posted: posts it once Notus has said PENDING for half a minute',
  at(async (place) => {
    place.sandbox.use({ name: 'held', upload: [{ kind: 'delay' }], courses: [{ during: [], final: 'COMPLETED' }] });
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'upload' }).length > 0);

    await new Operator(place, verification).reset('--type', 'LastWorkflowTask');

    const outcome = await awaited;
    expect(outcome).toMatchObject(approved);
    const [before] = place.sandbox.calls({ operation: 'get' });
    const [process] = place.sandbox.calls({ operation: 'process' });
    expect(Date.parse(process?.at ?? '') - Date.parse(before?.at ?? '')).toBeGreaterThanOrEqual(30_000);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(afterReset);
  }),
  120_000,
);

test.concurrent(
  'reset after the approval to before the poll: looks once and is approved again',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const first = await verification.outcome();

    await new Operator(place, verification).resetBefore('poll-result-1');

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject({ ...approved, individualId: first.individualId });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(afterReset);
  }),
);

test.concurrent(
  'reset after the approval to before the uploads: the documents are gone, so it asks for them again',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.kyc.start('documents-gone', ana);
    await untilStage(verification, 'awaitingDocuments');
    await verification.submitDocuments(PHOTOS);
    await verification.outcome();

    await new Operator(place, verification).resetBefore('upload-front-1');
    await until(async () => (await verification.status()).problem?.code === 'DocumentUnusable');
    expect(await verification.status()).toMatchObject({ stage: 'awaitingDocuments' });
    await verification.submitDocuments(photos(5));

    const outcome = await verification.outcome();
    expect(outcome).toMatchObject(approved);
    expect(place.sandbox.calls({ operation: 'process', effect: 'accepted' })).toHaveLength(1);
    expect(place.stored).toEqual([]);
  }),
);

test.concurrent(
  'reset after the approval to before the uploads, with documents of the input: fails, since there is nobody to ask',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    await verification.outcome();

    await new Operator(place, verification).resetBefore('upload-front-1');

    await expect(verification.outcome()).rejects.toThrow(VerificationFailedError);
    expect(await verification.status()).toMatchObject({ stage: 'closed', problem: { code: 'DocumentUnusable' } });
  }),
);
