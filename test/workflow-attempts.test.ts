import { containing } from './support/matchers';
import { fails, formDead, uploadsRefused } from './support/step-answers';
import { refusalOf } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, uploadedTo, waiting } from './support/verification-input';

const server = timeSkippingServer();

test('A4: is rejected when Notus says FAILED right after process', async () => {
  const verification = await server.start(complete(), (world) => world.next('pollResult', fails));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'rejected',
    sessionId: 'session-1',
    individualId: null,
    notusStatus: 'FAILED',
    problem: null,
    attempts: [{ sessionId: 'session-1', outcome: 'rejected' }],
  });
  expect(verification.world.callsOf('pollResult')).toHaveLength(1);
});

test('asks for other documents after a rejected attempt and lets the second one be approved', async () => {
  const verification = await server.start(waiting({ maxAttempts: 2 }), (world) =>
    world.next('pollResult', () => ({ kind: 'failed', traceId: 'trace-7' })),
  );
  await verification.untilAwaiting();
  await verification.submit(documents('first'));
  const status = await verification.until(({ attempt, stage }) => attempt === 2 && stage === 'awaitingDocuments');
  expect(status).toMatchObject({
    maxAttempts: 2,
    sessionId: 'session-2',
    problem: { code: 'AttemptRejected', message: containing('trace-7') },
  });

  await verification.submit(documents('second'));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    sessionId: 'session-2',
    problem: null,
    attempts: [
      { sessionId: 'session-1', outcome: 'rejected' },
      { sessionId: 'session-2', outcome: 'approved' },
    ],
  });
});

test('is rejected when the last attempt fails, too', async () => {
  const verification = await server.start(complete({ maxAttempts: 2 }), (world) =>
    world.next('pollResult', fails, fails),
  );
  await verification.untilProblem('AttemptRejected');

  await verification.submit(documents('second'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'rejected', attempts: [{}, {}], problem: null });
});

test('is rejected when an attempt is left but no session', async () => {
  const verification = await server.start(complete({ maxAttempts: 2, maxSessions: 2 }), (world) =>
    world.next('uploadDocument', formDead).next('pollResult', fails),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'rejected',
    sessionsCreated: 2,
    attempts: [{ sessionId: 'session-2', outcome: 'rejected' }],
  });
});

test('deletes the documents of a rejected attempt at once', async () => {
  const verification = await server.start(complete({ maxAttempts: 2 }), (world) => world.next('pollResult', fails));
  await verification.untilProblem('AttemptRejected');

  const deletions = verification.world.callsOf('deleteDocuments');

  expect(deletions).toMatchObject([
    { isLocal: false, args: { uris: ['file:///store/first-front.jpg', 'file:///store/first-back.jpg'] } },
  ]);
});

test('refuses the bytes of a rejected attempt under another name', async () => {
  const verification = await server.start(complete({ maxAttempts: 2 }), (world) => world.next('pollResult', fails));
  await verification.untilProblem('AttemptRejected');
  const sameBytes = {
    front: { uri: 'file:///store/copy/first-front.jpg' },
    back: { uri: 'file:///store/copy/first-back.jpg' },
  };

  const refusal = await refusalOf(verification.submit(sameBytes));

  expect(refusal).toMatchObject({ type: 'AlreadyRejected' });
  expect(await verification.untilAwaiting()).toMatchObject({ attempt: 2, problem: { code: 'AlreadyRejected' } });
});

test('takes one new side for a new attempt', async () => {
  const verification = await server.start(complete({ maxAttempts: 2 }), (world) => world.next('pollResult', fails));
  await verification.untilProblem('AttemptRejected');
  const newFront = { front: { uri: 'file:///store/new.jpg' }, back: { uri: 'file:///store/copy/first-back.jpg' } };

  await verification.submit(newFront);

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test('does not compare direct uploads with a rejected attempt', async () => {
  const verification = await server.start(waiting({ maxAttempts: 2 }), (world) => world.next('pollResult', fails));
  await verification.untilAwaiting();
  await verification.submit(uploadedTo('session-1'));
  await verification.until(({ sessionId, stage }) => sessionId === 'session-2' && stage === 'awaitingDocuments');

  await verification.submit(uploadedTo('session-2'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', attempts: [{}, {}] });
});

test('takes the documents of an attempt that Notus refused to process for no rejected ones', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', uploadsRefused, uploadsRefused),
  );
  await verification.untilProblem('UploadRefused');

  await verification.submit(documents('first'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});
