import { containing, ISO_TIME } from './support/matchers';
import { completes, expires, fails, formDead, Gate, notYet, opensFor } from './support/step-answers';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, waiting } from './support/verification-input';

const server = timeSkippingServer();

test('A13: opens another session for documents that come after the forms have died', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  await verification.pass('11m');
  await verification.submit(documents('late'));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    sessionId: 'session-2',
    sessionsCreated: 2,
    attempts: [{ sessionId: 'session-2', outcome: 'approved' }],
  });
  expect(verification.world.callsOf('uploadDocument').map(({ args }) => args.form.url)).toEqual([
    'https://forms.example/session-2',
    'https://forms.example/session-2',
  ]);
});

test('keeps the session of a wait for as long as its forms last', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  await verification.pass('9m');
  await verification.submit(documents('in-time'));

  expect(await verification.outcome()).toMatchObject({ sessionId: 'session-1', sessionsCreated: 1 });
});

test('A13: uploads both sides to another session when a form turns out dead', async () => {
  const verification = await server.start(complete(), (world) => world.next('uploadDocument', formDead));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionId: 'session-2' });

  const uploads = verification.world.callsOf('uploadDocument').map(({ activityId }) => activityId);
  expect(uploads.slice(2).sort()).toEqual(['upload-back-2', 'upload-front-2']);
  expect(verification.world.callsOf('pollResult').map(({ activityId }) => activityId)).toEqual(['poll-result-2']);
});

test('always tries a form just received, however short its life', async () => {
  const verification = await server.start(complete(), (world) => world.next('createSession', opensFor(1_000)));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionId: 'session-1' });
});

test('is expired with SessionsExhausted when dead forms have used the sessions up', async () => {
  const verification = await server.start(complete({ maxSessions: 2 }), (world) =>
    world.always('uploadDocument', formDead),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'expired',
    sessionId: 'session-2',
    sessionsCreated: 2,
    problem: { code: 'SessionsExhausted' },
    attempts: [],
  });
});

test('A12: renews a session that expired at Notus while the documents are held', async () => {
  const verification = await server.start(complete(), (world) => world.next('pollResult', expires));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    sessionsCreated: 2,
    attempts: [
      { sessionId: 'session-1', outcome: 'expired' },
      { sessionId: 'session-2', outcome: 'approved' },
    ],
  });
  expect(verification.world.callsOf('inspectDocuments')).toHaveLength(1);
});

test('A12: is expired, not rejected, when the last session expired', async () => {
  const verification = await server.start(complete({ maxSessions: 1 }), (world) => world.next('pollResult', expires));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'expired',
    notusStatus: 'EXPIRED',
    problem: { code: 'SessionsExhausted' },
    attempts: [{ sessionId: 'session-1', outcome: 'expired' }],
  });
  expect((await verification.searchAttributes()).at(-1)).toEqual([
    'closed',
    'expired',
    'session-1',
    'SessionsExhausted',
  ]);
});

test('does not count an expired session as an attempt', async () => {
  const verification = await server.start(complete({ maxAttempts: 2, maxSessions: 3 }), (world) =>
    world.next('pollResult', expires, fails, completes),
  );
  await verification.until(({ attempt }) => attempt === 2);

  await verification.submit(documents('second'));

  expect((await verification.outcome()).attempts.map(({ outcome }) => outcome)).toEqual([
    'expired',
    'rejected',
    'approved',
  ]);
});

test('gives the page of the face step from the opening of a session to its end', async () => {
  const decision = new Gate();
  const verification = await server.start(waiting({}, true), (world) =>
    world.next('pollResult', decision.holds(completes)),
  );
  const { livenessUrl } = await verification.untilAwaiting();
  expect(livenessUrl).toContain('session-1');
  await verification.submit(documents('first'));
  await decision.reached;
  expect(await verification.status()).toMatchObject({ stage: 'verifying', livenessUrl });

  decision.release();

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
  expect(await verification.status()).toMatchObject({ livenessUrl: null });
});

test('does not wait for the face step before it processes', async () => {
  const verification = await server.start(waiting({}, true), (world) => world.next('pollResult', notYet(30_000)));
  await verification.untilAwaiting();

  await verification.submit(documents('first'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test('asks for documents again when the face step was not done in time', async () => {
  const verification = await server.start(waiting({}, true), (world) => world.next('pollResult', expires));
  await verification.untilAwaiting();
  await verification.submit(documents('first'));
  const status = await verification.until(({ sessionId, stage }) => sessionId === 'session-2' && stage !== 'closed');
  expect(status).toMatchObject({
    resultDeadline: null,
    documentsDeadline: ISO_TIME,
    problem: { code: 'LivenessNotDone' },
    livenessUrl: containing('session-2'),
  });
  await verification.untilAwaiting();

  await verification.submit(documents('first'));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    sessionsCreated: 2,
    problem: null,
    attempts: [{ outcome: 'expired' }, { outcome: 'approved' }],
  });
});

test('is expired when no session is left for a face step that was not done', async () => {
  const verification = await server.start(waiting({ maxSessions: 1 }, true), (world) =>
    world.next('pollResult', expires),
  );
  await verification.untilAwaiting();

  await verification.submit(documents('first'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'expired', problem: { code: 'SessionsExhausted' } });
});

test('counts no attempt for a session that Notus did not know when it was to be processed', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', () => ({ kind: 'expired', processed: false })),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    sessionsCreated: 2,
    attempts: [{ sessionId: 'session-2', outcome: 'approved' }],
  });
});
