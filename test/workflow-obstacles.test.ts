import { containing, ISO_TIME } from './support/matchers';
import { comesBack, completes, fails, Gate, obstructed, opensFor } from './support/step-answers';
import type { TestVerification } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, waiting } from './support/verification-input';

const server = timeSkippingServer();

const keyRefused = comesBack('NotusKeyRefused', 'Notus refuses the call: check NOTUS_API_KEY.');

const problemsShown = async (verification: TestVerification): Promise<(string | null | undefined)[]> =>
  (await verification.searchAttributes()).map(([, , , problem]) => problem);

test('tells a refused key at once and goes on by itself once it is mended', async () => {
  const verification = await server.start(complete(), (world) => world.next('createSession', keyRefused));
  expect(await verification.untilProblem('NotusKeyRefused')).toMatchObject({
    stage: 'creatingSession',
    problem: { message: containing('NOTUS_API_KEY'), at: ISO_TIME },
  });

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1, problem: null });
  expect(await problemsShown(verification)).toContain('NotusKeyRefused');
  expect((await problemsShown(verification)).at(-1)).toBeNull();
});

test('waits while Notus answers looks with what is no session, and never fails for it', async () => {
  const noSession = comesBack('ProtocolError', 'Notus answered get with something that is not a session.');
  const verification = await server.start(complete(), (world) => world.next('pollResult', noSession));
  expect(await verification.untilProblem('ProtocolError')).toMatchObject({ stage: 'verifying' });
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1, problem: null });
});

test('waits a minute before a refused call is scheduled again, and says what is known', async () => {
  const verification = await server.start(complete(), (world) => world.next('createSession', keyRefused, keyRefused));

  await verification.outcome();

  const calls = verification.world.callsOf('createSession');
  expect(calls.map(({ activityId }) => activityId)).toEqual([
    'create-session-1',
    'create-session-1',
    'create-session-1',
  ]);
  expect(calls.map(({ args }) => args.watch.known)).toEqual([null, 'NotusKeyRefused', 'NotusKeyRefused']);
  const [first = 0, second = 0, third = 0] = calls.map(({ at }) => at);
  expect([second - first, third - second].map((wait) => Math.round(wait / 1_000))).toEqual([60, 60]);
});

test('keeps the time since when an obstacle stands', async () => {
  const verification = await server.start(complete(), (world) => world.next('createSession', keyRefused, keyRefused));
  const { problem } = await verification.untilProblem('NotusKeyRefused');

  await verification.pass('61s');
  await verification.until(() => verification.world.callsOf('createSession').length === 2);

  expect(await verification.untilProblem('NotusKeyRefused')).toMatchObject({ problem: { at: problem?.at } });
});

test('takes the end of an obstacle from a poll that is not done yet, and what it knew along', async () => {
  const decision = new Gate();
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', keyRefused, comesBack(null, 'Well again.', 2_000), decision.holds(completes)),
  );
  await verification.untilProblem('NotusKeyRefused');
  await verification.pass('63s');
  await decision.reached;
  expect(await verification.status()).toMatchObject({ stage: 'verifying', problem: null });

  decision.release();
  await verification.outcome();

  const calls = verification.world.callsOf('pollResult');
  expect(calls.map(({ activityId }) => activityId)).toEqual(['poll-result-1', 'poll-result-1', 'poll-result-1']);
  expect(calls.map(({ args }) => args)).toMatchObject([
    { known: { sent: 'never', calls: 0 }, watch: { known: null } },
    { known: { sent: 'never', calls: 1 }, watch: { known: 'NotusKeyRefused' } },
    { known: { sent: 'accepted', calls: 2 }, watch: { known: null } },
  ]);
});

test('lets nothing come back with an obstacle after 50 returns', async () => {
  const verification = await server.start(complete(), (world) =>
    world.always('pollResult', (args, attempt) =>
      args.watch.quiet ? completes(args, attempt) : comesBack<'pollResult'>('NotusKeyRefused')(args, attempt),
    ),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(verification.world.callsOf('pollResult').filter(({ args }) => !args.watch.quiet)).toHaveLength(50);
});

test('shows an obstacle before a refusal, and the refusal again once the obstacle is gone', async () => {
  const opening = new Gate();
  const verification = await server.start(complete({ maxAttempts: 2 }), (world) =>
    world
      .next('createSession', opensFor(600_000), keyRefused, opening.holds(opensFor(600_000)))
      .next('pollResult', fails),
  );
  expect(await verification.untilProblem('NotusKeyRefused')).toMatchObject({ attempt: 2 });
  await verification.pass('61s');
  await opening.reached;

  opening.release();

  expect(await verification.untilAwaiting()).toMatchObject({ problem: { code: 'AttemptRejected' } });
});

test('opens no other session for a form on a host that is not allowed until its host is', async () => {
  const verification = await server.start(complete(), (world) =>
    world.always('uploadDocument', (args, attempt) => {
      const minutes = (attempt.at - Date.parse(started)) / 60_000;
      if (minutes < 15) return obstructed<'uploadDocument'>('UploadHostRefused', 60_000)(args, attempt);
      return attempt.activityId.endsWith('-1') ? { kind: 'formDead' } : { kind: 'uploaded' };
    }),
  );
  const started = (await verification.handle.describe()).startTime.toISOString();
  expect(await verification.untilProblem('UploadHostRefused')).toMatchObject({ stage: 'uploadingDocuments' });

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 2, problem: null });

  const [first = 0, second = 0] = verification.world.callsOf('createSession').map(({ at }) => at);
  expect(second - first).toBeGreaterThanOrEqual(14 * 60_000);
});

test('tells an outage to those who wait for documents, and its end', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.next('createSession', comesBack('NotusUnavailable', 'Notus is down.', 30_000)),
  );
  expect(await verification.untilProblem('NotusUnavailable')).toMatchObject({ outcome: null });

  await verification.pass('31s');

  expect(await verification.untilAwaiting()).toMatchObject({ problem: null, sessionId: 'session-1' });
});
