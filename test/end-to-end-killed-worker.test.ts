import { VerificationCancelledError } from '../src/client';
import type { Scenario } from '../src/sandbox/server';
import { kill, PHOTOS, until, untilStage, useEndToEnd } from './support/end-to-end';
import { flawless, judge } from './support/verdict';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

const ana = waiting();
const { documentId } = ana.request;

/** Longer than it takes to notice the call and to kill its worker. */
const held: Scenario['create'] = [{ kind: 'delay' }];
const approvedAtOnce: Scenario = { name: 'approved-at-once', delayMs: 4_000 };

test.concurrent(
  'killed while a session is being created: counts a possible orphan, opens another and ends once',
  at(async (place) => {
    place.sandbox.use({ ...approvedAtOnce, create: held });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'create', effect: 'created' }).length === 1);

    await place.replace(worker);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 1 });
    expect(place.sandbox.sessions(documentId)).toHaveLength(2);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'A23: killed while documents are awaited, keeps the session that it opened',
  at(async (place) => {
    place.sandbox.use(approvedAtOnce);
    const worker = await place.startWorker();
    const verification = await place.kyc.start('A23-awaiting', ana);
    const awaited = verification.outcome();
    await untilStage(verification, 'awaitingDocuments');
    const { sessionId } = await verification.status();

    await kill(worker);
    // The applicant does not wait for us to come back.
    const documents = await place.putPhotos(verification.verificationId, PHOTOS);
    await place.signal(verification, documents);
    await place.startWorker();

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionId, sessionsCreated: 1, possibleOrphanSessions: 0 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'A23: killed during the uploads, uploads again to the same session',
  at(async (place) => {
    place.sandbox.use({ ...approvedAtOnce, upload: held });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'upload', effect: 'stored' }).length === 2);
    const [session] = place.sandbox.sessions(documentId);

    await place.replace(worker);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionId: session?.id, sessionsCreated: 1 });
    expect(place.sandbox.calls({ operation: 'upload', side: 'front' })).toHaveLength(2);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'killed between the acceptance of process and its reply: does not process twice',
  at(async (place) => {
    place.sandbox.use({ ...approvedAtOnce, process: held });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'process', effect: 'accepted' }).length === 1);

    await place.replace(worker);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
    expect(place.sandbox.calls({ operation: 'process' })).toHaveLength(1);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'killed right after the reply to process was lost: looks, and does not process twice',
  at(async (place) => {
    place.sandbox.use({ ...approvedAtOnce, process: [{ kind: 'lostReply' }] });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'process' }).length === 1);

    await place.replace(worker);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'killed between two looks, looks on',
  at(async (place) => {
    place.sandbox.use({ name: 'looks', looks: 1 });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'get' }).length === 1);

    await place.replace(worker);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'A22: killed when Notus has just shown the decision, gives one outcome, and the same when asked again',
  at(async (place) => {
    place.sandbox.use({ ...approvedAtOnce, get: held });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'get', effect: 'looked' }).length === 1);

    await place.replace(worker);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', attempts: [{ outcome: 'approved' }] });
    expect(await verification.outcome()).toEqual(outcome);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'A22: killed after each look at a rejected session, gives one outcome',
  at(async (place) => {
    place.sandbox.use('rejected');
    let worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    for (const looks of [1, 2]) {
      await until(() => place.sandbox.calls({ operation: 'get' }).length >= looks);
      worker = await place.replace(worker);
    }

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'rejected', attempts: [{ outcome: 'rejected' }] });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'one of two workers killed: the other takes its verifications over',
  at(async (place) => {
    place.sandbox.use({ ...approvedAtOnce, upload: held });
    const [first] = await Promise.all([place.startWorker(), place.startWorker()]);
    const people = ['12345678901', '12345678902', '12345678903', '12345678904'];
    const verifications = await Promise.all(
      people.map((person) => place.startWithDocuments({ request: { ...ana.request, documentId: person } })),
    );
    const awaited = verifications.map((verification) => verification.outcome());
    await until(() => place.sandbox.calls({ operation: 'upload', effect: 'stored' }).length >= people.length);

    await kill(first);

    const outcomes = await Promise.all(awaited);
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
      const judged = judge(place, verifications[index]!, outcome, { documentId: people[index]! });
      expect(await judged).toEqual(flawless());
    }
  }),
);

test.concurrent(
  'asked to stop in the middle of a create, lets it finish: no orphan',
  at(async (place) => {
    // Longer than the heartbeat time-out: a worker that stops goes on telling that it is at work.
    place.sandbox.use({ ...approvedAtOnce, create: held, delayMs: 8_000 });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'create' }).length === 1);

    worker.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    await place.startWorker();

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'cancelled with a create in flight: lets it finish, counts it, and leaves no document behind',
  at(async (place) => {
    place.sandbox.use({ ...approvedAtOnce, create: held });
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'create' }).length === 1);

    await verification.cancel();

    await expect(awaited).rejects.toThrow(VerificationCancelledError);
    expect(await verification.status()).toMatchObject({
      stage: 'closed',
      sessionsCreated: 1,
      possibleOrphanSessions: 0,
    });
    expect(place.sandbox.calls({ operation: 'upload' })).toEqual([]);
    expect(place.stored).toEqual([]);
  }),
);
