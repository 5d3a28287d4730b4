import { completes, expires, tooLarge, uploadRefused, uploadsRefused } from './support/step-answers';
import type { Answer } from './support/fake-activities';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, waiting } from './support/verification-input';

const server = timeSkippingServer();

/** The front is answered so by each of the first sessions; all else goes well. */
const frontOf =
  (sessions: number, answer: Answer<'uploadDocument'>): Answer<'uploadDocument'> =>
  (args, attempt) => {
    const isRefused = args.side === 'front' && Number(attempt.activityId.split('-').at(-1)) <= sessions;
    return isRefused ? answer(args, attempt) : { kind: 'uploaded' };
  };

test('tries one other session at once after an upload was refused', async () => {
  const verification = await server.start(complete(), (world) =>
    world.always('uploadDocument', frontOf(1, uploadRefused)),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 2 });
  expect(await verification.lifetime()).toBeLessThan(60_000);
});

test('tries another session each hour once a second one has refused, and says so', async () => {
  const verification = await server.start(complete(), (world) =>
    world.always('uploadDocument', frontOf(3, uploadRefused)),
  );
  expect(await verification.untilProblem('UploadRefused')).toMatchObject({ sessionsCreated: 2, outcome: null });

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 4, problem: null });

  const [, second = 0, third = 0, fourth = 0] = verification.world.callsOf('createSession').map(({ at }) => at);
  expect(Math.round((third - second) / 60_000)).toBe(60);
  expect(Math.round((fourth - third) / 60_000)).toBe(60);
});

test('is expired when refused uploads have used the sessions up', async () => {
  const verification = await server.start(complete({ maxSessions: 3 }), (world) =>
    world.always('uploadDocument', uploadRefused),
  );

  expect(await verification.outcome()).toMatchObject({
    outcome: 'expired',
    sessionsCreated: 3,
    problem: { code: 'SessionsExhausted' },
  });
});

test('is timed out at its deadline when uploads are refused until then', async () => {
  const verification = await server.start(complete({ resultDeadline: '90m' }), (world) =>
    world.always('uploadDocument', uploadRefused),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'timedOut', problem: { code: 'UploadRefused' } });
  expect(Math.round((await verification.lifetime()) / 1_000)).toBe(90 * 60);
});

test('takes a document that two sessions find too large as unusable: fails if it came with the input', async () => {
  const verification = await server.start(complete(), (world) => world.always('uploadDocument', frontOf(9, tooLarge)));

  expect(await verification.failure()).toMatchObject({ type: 'DocumentUnusable', message: 'It is too big.' });
  expect(await verification.status()).toMatchObject({ sessionsCreated: 2 });
});

test('asks for other documents when submitted ones are too large twice', async () => {
  const verification = await server.start(waiting(), (world) => world.always('uploadDocument', frontOf(2, tooLarge)));
  await verification.untilAwaiting();
  await verification.submit(documents('big'));
  await verification.untilProblem('DocumentUnusable');

  await verification.submit(documents('small'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('asks for other documents when submitted ones have changed since their inspection', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.next('uploadDocument', () => ({ kind: 'unusable', message: 'It has changed.' })),
  );
  await verification.untilAwaiting();
  await verification.submit(documents('changed'));
  expect(await verification.untilProblem('DocumentUnusable')).toMatchObject({ stage: 'awaitingDocuments' });

  await verification.submit(documents('stable'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('uploads again once when Notus refuses to process', async () => {
  const verification = await server.start(complete(), (world) => world.next('pollResult', uploadsRefused));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
  expect(verification.world.callsOf('uploadDocument')).toHaveLength(4);
});

test('asks for documents again when Notus refuses to process twice', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', uploadsRefused, uploadsRefused, completes),
  );
  expect(await verification.untilProblem('UploadRefused')).toMatchObject({
    stage: 'awaitingDocuments',
    resultDeadline: null,
  });

  await verification.submit(documents('other'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('shows what is wrong with the documents, not that uploads were refused before', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.always('uploadDocument', (args, attempt) =>
      attempt.activityId === 'upload-back-3' && args.document.uri.includes('first')
        ? { kind: 'unusable', message: 'It has changed.' }
        : frontOf(2, uploadRefused)(args, attempt),
    ),
  );
  await verification.untilAwaiting();
  await verification.submit(documents('first'));
  await verification.untilProblem('UploadRefused');
  await verification.pass('61m');

  expect(await verification.untilAwaiting()).toMatchObject({
    problem: { code: 'DocumentUnusable', message: 'It has changed.' },
  });

  await verification.submit(documents('second'));
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('counts refusals anew after an upload that went well', async () => {
  const verification = await server.start(complete(), (world) =>
    world
      .always('uploadDocument', (args, attempt) =>
        args.side === 'front' && /-[13]$/.test(attempt.activityId)
          ? uploadRefused(args, attempt)
          : { kind: 'uploaded' },
      )
      .next('pollResult', expires),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionId: 'session-4' });
  expect(await verification.lifetime()).toBeLessThan(60_000);
});
