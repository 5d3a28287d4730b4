import { VerificationNotFoundError, VerificationTerminatedError } from '../src/client';
import { kill, PHOTOS, until, untilStage, useEndToEnd, type Place } from './support/end-to-end';
import { Operator } from './support/operator';
import { flawless, judge } from './support/verdict';
import { waiting } from './support/verification-input';

// docs/runbook.md tells operators what these show.

const { at } = useEndToEnd();

const ana = waiting();
const { documentId } = ana.request;
const approved = { outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 };

const looks = (place: Place): number => place.sandbox.calls({ operation: 'get' }).length;
const decide = (place: Place): void => place.sandbox.complete(place.sandbox.sessions()[0]?.id ?? '', 'COMPLETED');

/** A verification that is looked at and never decided, what an operator may do to it, and the wait for its outcome. */
async function inDecision(place: Place) {
  place.sandbox.use('never-final');
  const worker = await place.startWorker();
  const verification = await place.startWithDocuments(ana);
  const awaited = verification.outcome();
  await until(() => looks(place) > 0);
  return { worker, verification, awaited, operator: new Operator(place, verification) };
}

test.concurrent(
  'a poll that is paused makes no look, and goes on where it was when it is unpaused',
  at(async (place) => {
    const { verification, awaited, operator } = await inDecision(place);

    await operator.activity('pause', 'poll-result-1');
    await until(() => operator.isPaused('poll-result-1'));
    decide(place);
    expect(await verification.status()).toMatchObject({ stage: 'verifying', outcome: null });
    await operator.activity('unpause', 'poll-result-1');

    const outcome = await awaited;
    expect(outcome).toMatchObject(approved);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  '"poll now": a reset of the poll looks at once and does not process again',
  at(async (place) => {
    const { verification, awaited, operator } = await inDecision(place);
    // By then the next look is nine seconds off.
    await until(() => looks(place) === 3);
    decide(place);

    await operator.activity('reset', 'poll-result-1');

    const outcome = await awaited;
    expect(outcome).toMatchObject(approved);
    expect(looks(place)).toBe(4);
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'options of the poll changed: goes on with them',
  at(async (place) => {
    const { verification, awaited, operator } = await inDecision(place);

    await operator.activity('update-options', 'poll-result-1', '--start-to-close-timeout', '30s');
    decide(place);

    const outcome = await awaited;
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'the poll completed by hand in the right shape: that is the decision, and nothing is left behind',
  at(async (place) => {
    const { awaited, operator } = await inDecision(place);

    const decision = { kind: 'completed', individualId: 'ind_by_hand', individualIdMissing: false };
    await operator.activity('complete', 'poll-result-1', '--result', JSON.stringify(decision));

    expect(await awaited).toMatchObject({ ...approved, individualId: 'ind_by_hand', notusStatus: 'COMPLETED' });
    expect(place.stored).toEqual([]);
  }),
);

test.concurrent(
  'the poll completed by hand with nonsense: looks again, and Notus decides',
  at(async (place) => {
    const { verification, awaited, operator } = await inDecision(place);

    await operator.activity('complete', 'poll-result-1', '--result', '"approved"');
    await until(() => place.workerSaid('The step pollResult was ended by hand'));
    decide(place);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ ...approved, problem: null });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'the poll failed by hand, which the server takes only during a look: looks again, and Notus decides',
  at(async (place) => {
    const undecided = { during: ['VERIFYING'], final: null };
    place.sandbox.use({ name: 'held', get: [{ kind: 'delay' }], delayMs: 15_000, courses: [undecided] });
    await place.startWorker();
    const verification = await place.startWithDocuments(ana);
    const awaited = verification.outcome();
    await until(() => looks(place) === 1);

    await new Operator(place, verification).activity('fail', 'poll-result-1', '--reason', 'drill');
    await until(() => place.workerSaid('The step pollResult was ended by hand'));
    decide(place);

    const outcome = await awaited;
    expect(outcome).toMatchObject({ ...approved, problem: null });
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'the cache of the workers lost, by a restart of all of them: goes on where it was',
  at(async (place) => {
    const { worker, verification, awaited } = await inDecision(place);

    await kill(worker);
    await place.startWorker();
    expect(await verification.status()).toMatchObject({ stage: 'verifying' });
    decide(place);

    const outcome = await awaited;
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
  }),
);

test.concurrent(
  'terminated: its callers are told, its documents stay, and it can be started again under its id',
  at(async (place) => {
    const { verification, awaited, operator } = await inDecision(place);
    const { verificationId } = verification;
    const told = expect(awaited).rejects.toThrow(VerificationTerminatedError);

    await operator.terminate();

    await told;
    expect(place.stored).toHaveLength(2);
    place.sandbox.use('approved-at-once');
    const documents = await place.putPhotos(verificationId, PHOTOS);
    const again = await place.kyc.start(verificationId, { ...ana, documents }, { restart: true });
    expect(await again.outcome()).toMatchObject(approved);
    expect(place.sandbox.sessions(documentId)).toHaveLength(2);
  }),
);

test.concurrent(
  'deleted while it runs: is gone for its callers, and its id is free',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    await place.startWorker();
    const verification = await place.kyc.start('deleted', ana);
    await untilStage(verification, 'awaitingDocuments');

    await new Operator(place, verification).delete();

    await until(() =>
      verification.status().then(
        () => false,
        (error: unknown) => error instanceof VerificationNotFoundError,
      ),
    );
    const again = await place.kyc.start('deleted', ana);
    await untilStage(again, 'awaitingDocuments');
    await again.submitDocuments(PHOTOS);
    expect(await again.outcome()).toMatchObject(approved);
  }),
);
