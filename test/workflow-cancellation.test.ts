import { CancelledFailure } from '@temporalio/common';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { FakeWorld } from './support/fake-activities';
import { failureOf } from './support/failure';
import {
  answerLost,
  breaks,
  failsFinally,
  Gate,
  notYet,
  obstructed,
  opensFor,
  uploadRefused,
} from './support/step-answers';
import type { TestVerification } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, waiting } from './support/verification-input';

const server = timeSkippingServer();

const FIRST = ['file:///store/first-front.jpg', 'file:///store/first-back.jpg'];

const deleted = ({ world }: TestVerification): string[] =>
  world.callsOf('deleteDocuments').flatMap(({ args }) => [...args.uris]);

async function expectCancelled(verification: TestVerification): Promise<void> {
  const { cause } = await failureOf(WorkflowFailedError, verification.outcome());
  expect(cause).toBeInstanceOf(CancelledFailure);
  expect(await verification.status()).toMatchObject({ stage: 'closed', outcome: null });
  expect((await verification.searchAttributes()).at(-1)?.slice(0, 2)).toEqual(['closed', 'cancelled']);
  expect(await verification.failedTasks()).toEqual([]);
}

const untilStep = async (verification: TestVerification, activityId: string): Promise<unknown> =>
  verification.until(() => verification.world.story.includes(activityId));

test.each<[string, (world: FakeWorld) => unknown, (verification: TestVerification) => Promise<unknown>]>([
  [
    'an inspection that the server retries',
    (world) => world.next('inspectDocuments', breaks(), notYet(3_600_000)),
    (verification) => untilStep(verification, 'inspect-documents-1'),
  ],
  [
    'a create that the server retries',
    (world) => world.next('createSession', notYet(3_600_000)),
    (verification) => untilStep(verification, 'create-session-1'),
  ],
  [
    'the wait after a lost answer',
    (world) => world.next('createSession', answerLost),
    (verification) => verification.untilProblem('SessionMayExist'),
  ],
  [
    'an upload',
    (world) => world.always('uploadDocument', notYet(60_000)),
    (verification) => untilStep(verification, 'upload-front-1'),
  ],
  [
    'the wait after refused uploads',
    (world) => world.always('uploadDocument', uploadRefused),
    (verification) => verification.untilProblem('UploadRefused'),
  ],
  [
    'the wait for the decision',
    (world) => world.next('pollResult', notYet(3_600_000)),
    (verification) => untilStep(verification, 'poll-result-1'),
  ],
])('ends as cancelled in %s, and deletes the documents', async (_stage, script, reached) => {
  const verification = await server.start(complete(), script);
  await reached(verification);

  await verification.handle.cancel();

  await expectCancelled(verification);
  expect(deleted(verification)).toEqual(FIRST);
});

test.each([
  ['lost and no session is left', answerLost, 'recreate'],
  ['lost and the policy opens no other', answerLost, 'fail'],
  ['refused as invalid', failsFinally('InvalidRequest', 'request.email: Required (Notus)'), 'recreate'],
] as const)('ends as cancelled when the create in flight is %s', async (_how, answer, ambiguousCreate) => {
  const opening = new Gate();
  const verification = await server.start(complete({ maxSessions: 1, ambiguousCreate }), (world) =>
    world.next('createSession', opening.holds(answer)),
  );
  await opening.reached;

  await verification.handle.cancel();
  await verification.untilEvent('activityTaskCancelRequestedEventAttributes');
  opening.release();

  await expectCancelled(verification);
});

test('ends as cancelled while documents are awaited', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  await verification.handle.cancel();

  await expectCancelled(verification);
  expect(await verification.status()).toMatchObject({ sessionId: 'session-1', sessionsCreated: 1 });
});

test.each([
  ['with documents', complete()],
  ['while documents are awaited', waiting()],
])('lets a create in flight finish and counts it when it is cancelled %s', async (_when, input) => {
  const opening = new Gate();
  const verification = await server.start(input, (world) =>
    world.next('createSession', opening.holds(opensFor(600_000))),
  );
  await opening.reached;

  await verification.handle.cancel();
  await verification.untilEvent('activityTaskCancelRequestedEventAttributes');
  opening.release();

  await expectCancelled(verification);
  expect(await verification.status()).toMatchObject({ sessionId: 'session-1', sessionsCreated: 1 });
});

test('counts the lost answer of a create that was in flight when it was cancelled', async () => {
  const opening = new Gate();
  const verification = await server.start(complete(), (world) =>
    world.next('createSession', opening.holds(answerLost)),
  );
  await opening.reached;

  await verification.handle.cancel();
  await verification.untilEvent('activityTaskCancelRequestedEventAttributes');
  opening.release();

  await expectCancelled(verification);
  expect(await verification.status()).toMatchObject({ sessionsCreated: 0, possibleOrphanSessions: 1 });
});

test('deletes the documents of a submission that was under inspection when it was cancelled', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.next('inspectDocuments', breaks(), notYet(3_600_000)),
  );
  await verification.untilAwaiting();
  await verification.signal(documents('first'));
  await untilStep(verification, 'inspect-documents-1');

  await verification.handle.cancel();

  await expectCancelled(verification);
  expect(deleted(verification)).toEqual(FIRST);
});

test('answers those who wait for upload forms before it ends as cancelled', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.always('createSession', obstructed('NotusUnavailable')),
  );
  await verification.untilProblem('NotusUnavailable');
  const request = await verification.beginRequestForms();

  await verification.handle.cancel();

  const { cause } = await failureOf(WorkflowUpdateFailedError, request.result());
  expect(cause).toMatchObject({ type: 'NotAwaitingDocuments' });
  await expectCancelled(verification);
});
