import type { PollCarry } from '../src/activities/poll-result';
import type { Answer } from './support/fake-activities';
import {
  comesBack,
  completes,
  expires,
  fails,
  failsFinally,
  formDead,
  inFlight,
  notYet,
  obstructed,
  opensFor,
  staysUndecided,
  unusable,
} from './support/step-answers';
import { refusalOf, type TestVerification } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, uploadedTo, waiting } from './support/verification-input';

const server = timeSkippingServer();

const MINUTE = 60_000;

/** A key that is refused once Notus has told that status. */
const refusedAfter =
  (notusStatus: string, everyMs: number): Answer<'pollResult'> =>
  (args, attempt) => {
    const known: PollCarry = { ...args.known, sent: 'accepted', notusStatus };
    return obstructed<'pollResult'>('NotusKeyRefused', everyMs)({ ...args, known }, attempt);
  };

/** The deadline was kept: at most 5 s early, and late by no more than the bookkeeping takes. */
async function expectLifetime(verification: TestVerification, milliseconds: number): Promise<void> {
  const lifetime = await verification.lifetime();
  expect(lifetime).toBeGreaterThanOrEqual(milliseconds - 5_000);
  expect(lifetime).toBeLessThan(milliseconds + 5_000);
}

test('is abandoned when no documents come until the documents deadline', async () => {
  const verification = await server.start(waiting());

  expect(await verification.outcome()).toMatchObject({
    outcome: 'abandoned',
    sessionId: 'session-1',
    sessionsCreated: 1,
    problem: null,
    attempts: [],
  });
  await expectLifetime(verification, 24 * 60 * MINUTE);
});

test('counts the documents deadline from the start, the opening of the session included', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '1h' }), (world) =>
    world.next('createSession', comesBack('NotusUnavailable', 'Down.', 50 * MINUTE)),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'abandoned', sessionsCreated: 1, problem: null });
  await expectLifetime(verification, 60 * MINUTE);
});

test('is abandoned with what stood in the way of its session', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '2h' }), (world) =>
    world.always('createSession', obstructed('NotusUnavailable', 10 * MINUTE)),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'abandoned',
    sessionId: null,
    sessionsCreated: 0,
    problem: { code: 'NotusUnavailable' },
  });
  await expectLifetime(verification, 120 * MINUTE);
});

test('is abandoned with the refusal that nothing followed', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '1h' }), (world) =>
    world.next('inspectDocuments', unusable),
  );
  await verification.signal(documents('empty'));
  const { problem } = await verification.untilProblem('DocumentUnusable');

  expect(await verification.outcome()).toMatchObject({ outcome: 'abandoned', problem });
});

test('gives each wait a documents deadline of its own', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '1h', maxAttempts: 2 }), (world) =>
    world.next('pollResult', fails),
  );
  await verification.untilAwaiting();
  await verification.pass('50m');
  await verification.submit(documents('first'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'abandoned', problem: { code: 'AttemptRejected' } });
  await expectLifetime(verification, 110 * MINUTE);
});

test.each([
  ['while the document store is down', 'inspectDocuments', 'DocumentStoreUnavailable'],
  ['while no session can be opened', 'createSession', 'NotusUnavailable'],
  ['while nothing can be uploaded', 'uploadDocument', 'NotusUnavailable'],
  ['while the result cannot be read', 'pollResult', 'NotusUnavailable'],
] as const)('is timed out %s, and says what stood in the way', async (_when, step, code) => {
  const verification = await server.start(complete({ resultDeadline: '1h' }), (world) =>
    world.always(step, obstructed(code)),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'timedOut', problem: { code } });
  await expectLifetime(verification, 60 * MINUTE);
});

test('is timed out when Notus does not decide, with the last status seen', async () => {
  const verification = await server.start(complete({ resultDeadline: '1h' }), (world) =>
    world.always('pollResult', staysUndecided(25 * MINUTE)),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'timedOut',
    notusStatus: 'VERIFYING',
    problem: null,
    attempts: [{ sessionId: 'session-1', outcome: 'timedOut' }],
  });
  await expectLifetime(verification, 60 * MINUTE);
});

test('does not begin the result deadline anew with another session', async () => {
  const verification = await server.start(complete({ resultDeadline: '1h' }), (world) =>
    world
      .next('uploadDocument', formDead)
      .next('pollResult', notYet(40 * MINUTE), expires)
      .always('pollResult', staysUndecided(MINUTE)),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'timedOut',
    sessionsCreated: 3,
    attempts: [{ outcome: 'expired' }, { outcome: 'timedOut' }],
  });
  await expectLifetime(verification, 60 * MINUTE);
});

test('begins the result deadline anew with each accepted submission', async () => {
  const verification = await server.start(complete({ resultDeadline: '1h', maxAttempts: 2 }), (world) =>
    world.next('pollResult', notYet(50 * MINUTE), fails, notYet(50 * MINUTE), completes),
  );
  await verification.pass('51m');
  await verification.untilProblem('AttemptRejected');

  await verification.submit(documents('second'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', attempts: [{}, { outcome: 'approved' }] });
  expect(await verification.lifetime()).toBeGreaterThan(100 * MINUTE);
});

test('lets a create that is in flight at the result deadline finish, and counts it', async () => {
  const verification = await server.start(complete({ resultDeadline: '30s' }), (world) =>
    world.next('createSession', inFlight(60_000, opensFor(10 * MINUTE))),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'timedOut',
    sessionId: 'session-1',
    sessionsCreated: 1,
    possibleOrphanSessions: 0,
  });
});

test('lets a create that is in flight at the documents deadline finish, and counts it', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '30s' }), (world) =>
    world.next('createSession', inFlight(60_000, opensFor(10 * MINUTE))),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'abandoned', sessionsCreated: 1 });
});

test('measures documents accepted while a session opens by their own deadline', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '7d', resultDeadline: '1h' }), (world) =>
    world.always('createSession', obstructed('NotusUnavailable', 10 * MINUTE)),
  );
  await verification.untilProblem('NotusUnavailable');
  await verification.submit(documents('early'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'timedOut', problem: { code: 'NotusUnavailable' } });
  await expectLifetime(verification, 60 * MINUTE);
});

test('drops documents that are still being looked into at the documents deadline, and answers their update', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '1h' }), (world) =>
    world.always('inspectDocuments', obstructed('DocumentStoreUnavailable', 10 * MINUTE)),
  );
  await verification.untilAwaiting();
  const late = refusalOf(verification.submit(documents('slow')));
  await verification.untilProblem('DocumentStoreUnavailable');

  expect(await verification.outcome()).toMatchObject({
    outcome: 'abandoned',
    problem: { code: 'DocumentStoreUnavailable' },
  });
  expect(await late).toMatchObject({ type: 'NotAwaitingDocuments' });
  await expectLifetime(verification, 60 * MINUTE);
});

test('does not take a submission queued behind a stuck inspection at the very deadline', async () => {
  const verification = await server.start(waiting({ documentsDeadline: '1h' }), (world) =>
    world.always('inspectDocuments', obstructed('DocumentStoreUnavailable', 10 * MINUTE)),
  );
  const { sessionId } = await verification.untilAwaiting();
  await verification.signal(documents('slow'));
  await verification.untilProblem('DocumentStoreUnavailable');
  await verification.signal(uploadedTo(sessionId ?? ''));

  expect(await verification.outcome()).toMatchObject({ outcome: 'abandoned', attempts: [] });
  await expectLifetime(verification, 60 * MINUTE);
});

test('opens nothing for a create that is picked up after its deadline', async () => {
  const verification = await server.start(complete({ resultDeadline: '30s' }), (world) =>
    world.always(
      'createSession',
      inFlight(31_000, failsFinally('DeadlinePassed', 'The deadline came before the call.')),
    ),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'timedOut',
    sessionId: null,
    sessionsCreated: 0,
    possibleOrphanSessions: 0,
    attempts: [],
  });
  expect(verification.world.callsOf('createSession')).toHaveLength(1);
});

test('is timed out with no attempt when Notus was never told to process', async () => {
  const verification = await server.start(complete({ resultDeadline: '1h' }), (world) =>
    world.always('pollResult', obstructed('NotusKeyRefused', MINUTE)),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'timedOut',
    sessionId: 'session-1',
    problem: { code: 'NotusKeyRefused' },
    attempts: [],
  });
});

test.each([
  ['each minute since', MINUTE],
  ['once since', 120 * MINUTE],
])('is timed out with the last status seen though the key is refused %s', async (_when, everyMs) => {
  const verification = await server.start(complete({ resultDeadline: '1h' }), (world) =>
    world.next('pollResult', notYet(MINUTE, 'VERIFYING')).always('pollResult', refusedAfter('VERIFYING', everyMs)),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'timedOut',
    notusStatus: 'VERIFYING',
    problem: { code: 'NotusKeyRefused' },
    attempts: [{ sessionId: 'session-1', outcome: 'timedOut' }],
  });
});
