import { containing } from './support/matchers';
import { answerLost, failsFinally, Gate, notASession, notYet, obstructed } from './support/step-answers';
import { refusalOf, type TestVerification } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, waiting } from './support/verification-input';

const server = timeSkippingServer();

const createdAt = ({ world }: TestVerification): number[] => world.callsOf('createSession').map(({ at }) => at);

test('opens another session after 5, 20 and 80 seconds and then each hour, counting possible orphans', async () => {
  const lost = [answerLost, answerLost, answerLost, answerLost, answerLost];
  const verification = await server.start(complete({ maxSessions: 10 }), (world) =>
    world.next('createSession', ...lost),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    sessionId: 'session-6',
    sessionsCreated: 1,
    possibleOrphanSessions: 5,
    problem: null,
  });

  const times = createdAt(verification);
  const waits = times.slice(1).map((at, index) => Math.round((at - (times[index] ?? 0)) / 1_000));
  expect(waits).toEqual([5, 20, 80, 3_600, 3_600]);
  expect(verification.world.callsOf('findNotus')).toHaveLength(5);
});

test('says SessionMayExist until a session is open', async () => {
  const looking = new Gate();
  const verification = await server.start(complete(), (world) =>
    world.next('createSession', answerLost).next(
      'findNotus',
      looking.holds(() => undefined),
    ),
  );
  await verification.pass('6s');
  await looking.reached;
  expect(await verification.status()).toMatchObject({
    stage: 'creatingSession',
    possibleOrphanSessions: 1,
    problem: { code: 'SessionMayExist' },
  });

  looking.release();

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('uses no session up while Notus does not answer a look as it should', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('createSession', answerLost).next('findNotus', notYet(3_600_000), notYet(3_600_000)),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', possibleOrphanSessions: 1 });

  const [first = 0, second = 0] = createdAt(verification);
  expect(second - first).toBeGreaterThan(2 * 3_600_000);
});

test('fails at the first lost answer when the policy says so', async () => {
  const verification = await server.start(complete({ ambiguousCreate: 'fail' }), (world) =>
    world.next('createSession', answerLost),
  );

  expect(await verification.failure()).toMatchObject({ type: 'SessionCreationAmbiguous' });
  expect(await verification.status()).toMatchObject({ stage: 'closed', possibleOrphanSessions: 1, outcome: null });
});

test('fails at the first lost answer by policy while documents are awaited, too', async () => {
  const verification = await server.start(waiting({ ambiguousCreate: 'fail' }), (world) =>
    world.next('createSession', answerLost),
  );

  expect(await verification.failure()).toMatchObject({ type: 'SessionCreationAmbiguous' });
});

test('fails when lost answers have used the sessions up and one is needed', async () => {
  const verification = await server.start(complete({ maxSessions: 2 }), (world) =>
    world.next('createSession', answerLost, answerLost),
  );

  expect(await verification.failure()).toMatchObject({ type: 'SessionCreationAmbiguous' });
  expect(await verification.status()).toMatchObject({ possibleOrphanSessions: 2, sessionsCreated: 0 });
});

test('stays open for documents though lost answers have used the sessions up', async () => {
  const verification = await server.start(waiting({ maxSessions: 2 }), (world) =>
    world.next('createSession', answerLost, answerLost),
  );
  await verification.pass('1h');
  const status = await verification.until(({ possibleOrphanSessions }) => possibleOrphanSessions === 2);
  expect(status).toMatchObject({ stage: 'awaitingDocuments', outcome: null, problem: { code: 'SessionMayExist' } });
  expect(await refusalOf(verification.requestForms())).toMatchObject({ type: 'SessionsExhausted' });

  await verification.submit(documents('late'));

  expect(await verification.failure()).toMatchObject({ type: 'SessionCreationAmbiguous' });
});

test('fails with ProtocolError at the third answer that is no session', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('createSession', notASession, notASession, notASession),
  );

  expect(await verification.failure()).toMatchObject({
    type: 'ProtocolError',
    message: containing('not a session'),
  });
  expect(await verification.status()).toMatchObject({
    possibleOrphanSessions: 3,
    problem: { code: 'ProtocolError', message: containing('third such answer') },
  });
});

test('goes on when only two answers were no session', async () => {
  const verification = await server.start(complete(), (world) => world.next('createSession', notASession, notASession));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', possibleOrphanSessions: 2 });
});

test.each([
  ['with documents', complete()],
  ['while documents are awaited', waiting()],
])('fails with one line a field when Notus refuses the request %s', async (_when, input) => {
  const lines = ['request.email: Required (Notus)', 'request.city: Required (Notus)'];
  const verification = await server.start(input, (world) =>
    world.next('createSession', failsFinally('InvalidRequest', lines.join('\n'), lines)),
  );

  expect(await verification.failure()).toMatchObject({ type: 'InvalidRequest', message: lines.join('\n') });
  expect(await verification.status()).toMatchObject({ stage: 'closed', sessionsCreated: 0, possibleOrphanSessions: 0 });
});

test('is timed out at its deadline while it waits to open another session', async () => {
  const verification = await server.start(complete({ resultDeadline: '1h' }), (world) =>
    world.next('createSession', answerLost).always('findNotus', obstructed('NotusUnavailable')),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'timedOut',
    possibleOrphanSessions: 1,
    problem: { code: 'NotusUnavailable' },
  });
});

const NEVER_BLIND = /^createSession( findNotus createSession)*$/;

/** Creates and looks in their order, looks that follow each other as one. */
const createsAndLooks = ({ world }: TestVerification): string => {
  const steps = world.calls.map(({ step }) => step).filter((step) => step === 'createSession' || step === 'findNotus');
  return steps.filter((step, index) => step === 'createSession' || steps[index - 1] !== step).join(' ');
};

test.each<[string, (verification: TestVerification) => Promise<unknown>]>([
  ['the wait before the look', (verification) => verification.untilProblem('SessionMayExist')],
  [
    'the look',
    async (verification) => {
      await verification.untilProblem('SessionMayExist');
      await verification.pass('6s');
      await verification.untilProblem('NotusUnavailable');
    },
  ],
])('opens none blindly for documents accepted early during %s, and no obstacle stays', async (_when, reached) => {
  const verification = await server.start(waiting({ documentsDeadline: '1h' }), (world) =>
    world
      .next('createSession', answerLost, answerLost)
      .next('findNotus', ...Array.from({ length: 3 }, () => obstructed<'findNotus'>('NotusUnavailable', 1_200_000))),
  );
  await reached(verification);

  const status = await verification.submit(documents('early'));

  expect(status).toMatchObject({ stage: 'creatingSession', sessionsCreated: 0 });
  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    possibleOrphanSessions: 2,
    sessionsCreated: 1,
    problem: null,
  });
  expect(createsAndLooks(verification)).toMatch(NEVER_BLIND);
  expect((await verification.searchAttributes()).findLast(([stage]) => stage !== 'closed')?.at(-1)).toBeNull();
});
