import { ApplicationFailure } from '@temporalio/common';
import { UNDECODABLE } from '../src/payload-converter';
import type { Answer, Step } from './support/fake-activities';
import { containing } from './support/matchers';
import { Gate } from './support/step-answers';
import { timeSkippingServer } from './support/time-skipping';
import { complete } from './support/verification-input';

// What `temporal activity complete` and `temporal activity fail` do to the workflow, whatever an operator types.

const server = timeSkippingServer();

const gives =
  (result: unknown): Answer<Step> =>
  (): never =>
    result as never;

/** As the server words it for `temporal activity fail`. */
const failedByHand: Answer<Step> = () => {
  throw ApplicationFailure.create({ message: 'I know better', type: '', nonRetryable: true });
};

const NONSENSE: [string, unknown][] = [
  ['null', null],
  ['a text', 'done'],
  ['a number', 7],
  ['an array', []],
  ['an empty object', {}],
  ['a kind of its own', { kind: 'approved' }],
];

test.each<[string, unknown]>([
  ...NONSENSE,
  ['an approval without its fields', { kind: 'completed' }],
  ['an id that is none', { kind: 'completed', individualId: 7, individualIdMissing: false }],
])('a poll completed by hand with %s is done again, as one that may have processed', async (_what, result) => {
  const verification = await server.start(complete(), (world) => world.next('pollResult', gives(result)));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1, problem: null });
  expect(verification.world.callsOf('pollResult').map(({ activityId, args }) => [activityId, args.known])).toEqual([
    ['poll-result-1', { sent: 'never', calls: 0 }],
    ['poll-result-1', { sent: 'perhaps', calls: 0 }],
  ]);
  expect(await verification.failedTasks()).toEqual([]);
});

test('a poll failed by hand is done again, and the status tells of it meanwhile', async () => {
  const again = new Gate();
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', failedByHand, again.holds(gives({ kind: 'failed', traceId: null }))),
  );
  expect(await verification.untilProblem('ProtocolError')).toMatchObject({
    stage: 'verifying',
    problem: { message: containing('The step pollResult was ended by hand') },
  });
  again.release();

  expect(await verification.outcome()).toMatchObject({ outcome: 'rejected' });
});

test('a poll completed by hand with a result of its own is believed', async () => {
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', gives({ kind: 'completed', individualId: 'ind_7', individualIdMissing: false })),
  );

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', individualId: 'ind_7', problem: null });
});

test.each<[string, Answer<Step>]>([
  ['failed', failedByHand],
  ...NONSENSE.map(([what, result]): [string, Answer<Step>] => [`completed with ${what}`, gives(result)]),
  ['completed with a session without forms', gives({ sessionId: 's', status: 'PENDING' })],
])('a create %s by hand counts as one whose answer was lost', async (_what, answer) => {
  const verification = await server.start(complete(), (world) => world.next('createSession', answer));

  expect(await verification.outcome()).toMatchObject({
    outcome: 'approved',
    sessionsCreated: 1,
    possibleOrphanSessions: 1,
  });
  expect(await verification.failedTasks()).toEqual([]);
});

test.each<[string, Answer<Step>]>([
  ['failed', failedByHand],
  ...NONSENSE.map(([what, result]): [string, Answer<Step>] => [`completed with ${what}`, gives(result)]),
])('an upload %s by hand is done again', async (_what, answer) => {
  const verification = await server.start(complete(), (world) => world.next('uploadDocument', answer));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1, problem: null });
  expect(verification.world.callsOf('uploadDocument')).toHaveLength(3);
  expect(await verification.failedTasks()).toEqual([]);
});

test.each(NONSENSE)('an inspection completed by hand with %s is done again', async (_what, result) => {
  const verification = await server.start(complete(), (world) => world.next('inspectDocuments', gives(result)));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(verification.world.callsOf('inspectDocuments')).toHaveLength(2);
  expect(await verification.failedTasks()).toEqual([]);
});

test.each<[string, Step]>([
  ['poll', 'pollResult'],
  ['create', 'createSession'],
  ['upload', 'uploadDocument'],
  ['inspection', 'inspectDocuments'],
])('a result of the %s that can not be decoded, as an altered one, ends the verification', async (_what, step) => {
  const verification = await server.start(complete(), (world) => world.next(step, gives(UNDECODABLE)));

  await expect(verification.outcome()).rejects.toMatchObject({
    cause: { type: 'ProtocolError', message: containing('was altered') },
  });
  expect(await verification.failedTasks()).toEqual([]);
});
