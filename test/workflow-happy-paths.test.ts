import type { Stage } from '../src/contract';
import { ISO_TIME } from './support/matchers';
import { completes, Gate, notYet } from './support/step-answers';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, waiting } from './support/verification-input';

const server = timeSkippingServer();

test('brings documents of the input to an approved outcome without a wait', async () => {
  const verification = await server.start(complete());

  const outcome = await verification.outcome();

  expect(outcome).toEqual({
    outcome: 'approved',
    sessionId: 'session-1',
    individualId: 'ind_1',
    notusStatus: 'COMPLETED',
    sessionsCreated: 1,
    possibleOrphanSessions: 0,
    problem: null,
    attempts: [
      {
        sessionId: 'session-1',
        outcome: 'approved',
        startedAt: ISO_TIME,
        endedAt: ISO_TIME,
      },
    ],
  });
});

test('A15, A19: inspects before a session is opened, and processes only after every upload', async () => {
  const verification = await server.start(complete());

  await verification.outcome();

  const { story } = verification.world;
  expect(story.slice(0, 2)).toEqual(['inspect-documents-1', 'create-session-1']);
  expect(story.slice(2, 4).sort()).toEqual(['upload-back-1', 'upload-front-1']);
  expect(story.slice(4)).toEqual(['poll-result-1', 'deleteDocuments']);
});

test('A15: does not process while one side is still being uploaded', async () => {
  const slow = new Gate();
  const verification = await server.start(complete(), (world) =>
    world.next(
      'uploadDocument',
      slow.holds(() => ({ kind: 'uploaded' })),
    ),
  );
  await slow.reached;
  await verification.pass('2s');
  expect(verification.world.callsOf('pollResult')).toEqual([]);

  slow.release();

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test('keeps within 46 events, as many for 8 looks as for none', async () => {
  const counts: number[] = [];
  for (const looks of [0, 3, 8]) {
    const notDecided = Array.from({ length: looks }, () => notYet<'pollResult'>(30_000));
    const verification = await server.start(complete(), (world) => world.next('pollResult', ...notDecided, completes));
    await verification.outcome();
    counts.push((await verification.events()).length);
  }

  expect(Math.max(...counts)).toBeLessThanOrEqual(46);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3);
});

test('sends the request to Notus unchanged, fields it does not know among it', async () => {
  const { request } = waiting();
  const unknown = { ...request, birthDate: '1990-01-15', middleName: 'Maria' };
  const verification = await server.start({ ...complete(), request: unknown });

  await verification.outcome();

  expect(verification.world.callsOf('createSession')[0]?.args.request).toEqual(unknown);
});

test('asks for the front alone of a passport', async () => {
  const { request } = waiting();
  const { front } = documents('passport');
  const verification = await server.start({ request: { ...request, documentCategory: 'PASSPORT' } });
  expect(await verification.untilAwaiting()).toMatchObject({ requiredDocuments: ['front'] });

  await verification.submit({ front });

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
  expect(verification.world.callsOf('uploadDocument').map(({ args }) => args.side)).toEqual(['front']);
});

test('opens the session at once by default and goes on when the signal comes', async () => {
  const verification = await server.start(waiting());
  const status = await verification.untilAwaiting();
  expect(status).toMatchObject({
    verificationId: verification.handle.workflowId,
    attempt: 1,
    maxAttempts: 1,
    sessionId: 'session-1',
    notusStatus: 'PENDING',
    sessionsCreated: 1,
    requiredDocuments: ['front', 'back'],
    documentsDeadline: ISO_TIME,
    formsExpireAt: ISO_TIME,
    resultDeadline: null,
    livenessUrl: null,
    problem: null,
    outcome: null,
  });

  await verification.signal(documents('later'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test('answers an update with the status once the documents are accepted', async () => {
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) => world.next('pollResult', decision.holds(completes)));
  await verification.untilAwaiting();

  const status = await verification.submit(documents('later'));

  expect(status).toMatchObject({ documentsDeadline: null, resultDeadline: ISO_TIME, problem: null });
  decision.release();
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test('opens the session only when documents are there under sessionTiming onDocuments', async () => {
  const verification = await server.start(waiting({ sessionTiming: 'onDocuments' }));
  expect(await verification.untilAwaiting()).toMatchObject({
    sessionId: null,
    sessionsCreated: 0,
    formsExpireAt: null,
  });

  await verification.pass('20h');
  await verification.submit(documents('later'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
  expect(verification.world.story.slice(0, 2)).toEqual(['inspect-documents-1', 'create-session-1']);
});

test('A23: tells the session before anything is uploaded to it', async () => {
  const slow = new Gate();
  const verification = await server.start(complete(), (world) =>
    world.next(
      'uploadDocument',
      slow.holds(() => ({ kind: 'uploaded' })),
    ),
  );

  await slow.reached;

  expect(await verification.status()).toMatchObject({ stage: 'uploadingDocuments', sessionId: 'session-1' });
  expect((await verification.searchAttributes()).at(-1)).toEqual(['uploadingDocuments', null, 'session-1', null]);
  slow.release();
  await verification.outcome();
});

test('writes each stage to the search attributes', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();
  await verification.submit(documents('later'));
  await verification.outcome();

  const states = await verification.searchAttributes();

  const stages: Stage[] = ['creatingSession', 'awaitingDocuments', 'uploadingDocuments', 'verifying', 'closed'];
  expect(states.map(([stage]) => stage)).toEqual(stages);
  expect(states.at(0)).toEqual(['creatingSession', null, null, null]);
  expect(states.at(-1)).toEqual(['closed', 'approved', 'session-1', null]);
});

test('A22: answers the status query after it has closed, with the outcome told once', async () => {
  const verification = await server.start(complete());
  const outcome = await verification.outcome();

  expect(await verification.status()).toMatchObject({
    stage: 'closed',
    outcome: 'approved',
    sessionId: 'session-1',
    formsExpireAt: null,
    documentsDeadline: null,
    resultDeadline: null,
  });
  expect(await verification.outcome()).toEqual(outcome);
});

test('A27: flags an approval that lacks its individualId', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', () => ({ kind: 'completed', individualId: null, individualIdMissing: true })),
  );

  const outcome = await verification.outcome();

  expect(outcome).toMatchObject({ outcome: 'approved', individualId: null, problem: { code: 'IndividualIdMissing' } });
  expect((await verification.searchAttributes()).at(-1)).toEqual([
    'closed',
    'approved',
    'session-1',
    'IndividualIdMissing',
  ]);
});

test('A27: takes an older answer without an individualId for what it is', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', () => ({ kind: 'completed', individualId: null, individualIdMissing: false })),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', individualId: null, problem: null });
});
