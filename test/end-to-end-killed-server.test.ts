import { kill, PHOTOS, until, untilStage, useEndToEnd } from './support/end-to-end';
import { flawless, judge } from './support/verdict';
import { waiting } from './support/verification-input';

// One after the other: the tests of this file kill the server that they share.
const { at } = useEndToEnd();

const ana = waiting();
const { documentId } = ana.request;

test(
  'A23: the server killed while documents are awaited: the worker and a waiting caller go on with the same session',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.kyc.start('server-killed-awaiting', ana);
    const awaited = verification.outcome();
    await untilStage(verification, 'awaitingDocuments');
    const { sessionId } = await verification.status();

    await place.server.kill();
    await place.server.restart();
    await verification.submitDocuments(PHOTOS);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionId, sessionsCreated: 1, possibleOrphanSessions: 0 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test(
  'A22: the server killed while Notus decides: process is not repeated, and there is one outcome',
  at(async (place) => {
    place.sandbox.use({ name: 'looks', looks: 1 });
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'get' }).length === 1);

    await place.server.kill();
    await place.server.restart();

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 });
    expect(place.sandbox.calls({ operation: 'process' })).toHaveLength(1);
    expect(await verification.outcome()).toEqual(outcome);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test(
  'A22: server and worker killed together, as a machine that dies: both come back, and there is one outcome',
  at(async (place) => {
    place.sandbox.use({ name: 'approved-at-once', process: [{ kind: 'delay' }], delayMs: 4_000 });
    const worker = await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => place.sandbox.calls({ operation: 'process', effect: 'accepted' }).length === 1);

    await place.server.kill();
    await kill(worker);
    await place.server.restart();
    await place.startWorker();

    const outcome = await awaited;
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);
