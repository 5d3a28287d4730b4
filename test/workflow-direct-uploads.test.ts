import { containing } from './support/matchers';
import { completes, expires, Gate, obstructed, opensFor, uploadsRefused } from './support/step-answers';
import { refusalOf } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { documents, uploadedTo, waiting } from './support/verification-input';

const server = timeSkippingServer();

test('gives the forms of the session at hand', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  const forms = await verification.requestForms();

  expect(forms).toEqual({
    sessionId: 'session-1',
    expiresAt: (await verification.status()).formsExpireAt,
    front: { url: 'https://forms.example/session-1', fields: { key: 'front' } },
    back: { url: 'https://forms.example/session-1', fields: { key: 'back' } },
  });
});

test('gives no form for a side that is not needed', async () => {
  const { request } = waiting();
  const verification = await server.start({ request: { ...request, documentCategory: 'PASSPORT' } });
  await verification.untilAwaiting();

  expect(await verification.requestForms()).toMatchObject({ back: null });
});

test('opens one new session for all who ask while the forms have less than two minutes left', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();
  await verification.pass('9m');

  const given = await Promise.all([verification.requestForms(), verification.requestForms()]);

  expect(given.map(({ sessionId }) => sessionId)).toEqual(['session-2', 'session-2']);
  const left = Date.parse(given[0]?.expiresAt ?? '') - (await verification.now());
  expect(left).toBeGreaterThan(2 * 60_000);
  expect(await verification.status()).toMatchObject({ stage: 'awaitingDocuments', sessionsCreated: 2 });
});

test('waits for the session that is being opened', async () => {
  const opening = new Gate();
  const verification = await server.start(waiting(), (world) =>
    world.next('createSession', opening.holds(opensFor(600_000))),
  );
  await opening.reached;

  const forms = verification.requestForms();
  opening.release();

  expect(await forms).toMatchObject({ sessionId: 'session-1' });
});

test('opens a session for the forms under sessionTiming onDocuments', async () => {
  const verification = await server.start(waiting({ sessionTiming: 'onDocuments' }));
  await verification.untilAwaiting();

  expect(await verification.requestForms()).toMatchObject({ sessionId: 'session-1' });
  expect(await verification.status()).toMatchObject({ stage: 'awaitingDocuments', sessionId: 'session-1' });
});

test('refuses forms with SessionsExhausted when no session is left, and stays open for documents', async () => {
  const verification = await server.start(waiting({ maxSessions: 1 }));
  await verification.untilAwaiting();
  await verification.pass('9m');

  expect(await refusalOf(verification.requestForms())).toMatchObject({ type: 'SessionsExhausted' });

  await verification.submit(documents('stored'));
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionId: 'session-1' });
});

test('refuses forms with NotusUnavailable when there is no session after a minute', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.always('createSession', obstructed('NotusUnavailable')),
  );
  await verification.untilProblem('NotusUnavailable');

  const request = await verification.beginRequestForms();
  await verification.pass('70s');

  expect(await refusalOf(request.result())).toMatchObject({ type: 'NotusUnavailable', message: containing('60 s') });
  expect((await verification.status()).outcome).toBeNull();
});

test('refuses forms with NotusUnavailable whatever keeps the session away', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.always('createSession', obstructed('NotusKeyRefused', 60_000)),
  );
  await verification.untilProblem('NotusKeyRefused');

  const request = await verification.beginRequestForms();
  await verification.pass('70s');

  expect(await refusalOf(request.result())).toMatchObject({ type: 'NotusUnavailable' });
});

test('refuses forms while no documents are awaited', async () => {
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) => world.next('pollResult', decision.holds(completes)));
  await verification.untilAwaiting();
  await verification.submit(documents('stored'));
  await decision.reached;

  expect(await refusalOf(verification.requestForms())).toMatchObject({ type: 'NotAwaitingDocuments' });

  decision.release();
  await verification.outcome();
});

test('processes what the device has uploaded, without an upload of its own', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();
  const { sessionId } = await verification.requestForms();

  await verification.submit(uploadedTo(sessionId));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionId });
  expect(verification.world.story).toEqual(['create-session-1', 'poll-result-1']);
});

test('keeps the session of a direct upload though its forms have died meanwhile', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();
  await verification.pass('11m');

  await verification.submit(uploadedTo('session-1'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
});

test('refuses uploads to another session than the present one', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  const refusal = await refusalOf(verification.submit(uploadedTo('session-0')));

  expect(refusal).toMatchObject({ type: 'InvalidDocuments', message: containing('request upload forms') });
  expect(await verification.status()).toMatchObject({
    stage: 'awaitingDocuments',
    problem: { code: 'InvalidDocuments' },
  });
});

test('asks again when Notus refuses to process for want of the uploads', async () => {
  const verification = await server.start(waiting(), (world) => world.next('pollResult', uploadsRefused));
  await verification.untilAwaiting();
  await verification.submit(uploadedTo('session-1'));
  expect(await verification.untilProblem('UploadRefused')).toMatchObject({ stage: 'awaitingDocuments' });
  const { sessionId } = await verification.requestForms();

  await verification.submit(uploadedTo(sessionId));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('asks again when the session of the uploads has expired', async () => {
  const verification = await server.start(waiting(), (world) => world.next('pollResult', expires));
  await verification.untilAwaiting();
  await verification.submit(uploadedTo('session-1'));
  await verification.until(({ sessionId, stage }) => sessionId === 'session-2' && stage === 'awaitingDocuments');
  expect(await verification.status()).toMatchObject({ problem: { code: 'UploadRefused' } });

  await verification.submit(uploadedTo('session-2'));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    attempts: [{ outcome: 'expired' }, { outcome: 'approved' }],
  });
});
