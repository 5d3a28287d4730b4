import { breaks, completes, Gate, unusable } from './support/step-answers';
import type { TestVerification } from './support/test-verification';
import { refusalOf } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, waiting } from './support/verification-input';

const server = timeSkippingServer();

const FIRST = ['file:///store/first-front.jpg', 'file:///store/first-back.jpg'];

const deleted = ({ world }: TestVerification): string[] =>
  world.callsOf('deleteDocuments').flatMap(({ args }) => [...args.uris]);

test('deletes all that any submission named once there is an outcome', async () => {
  const verification = await server.start(waiting(), (world) => world.next('inspectDocuments', unusable));
  await verification.signal(documents('empty'));
  await verification.signal(documents('first'));

  await verification.outcome();

  expect(deleted(verification)).toEqual(['file:///store/empty-front.jpg', 'file:///store/empty-back.jpg', ...FIRST]);
});

test('deletes the documents of a verification that fails', async () => {
  const verification = await server.start(complete(), (world) => world.next('inspectDocuments', unusable));

  await verification.failure();

  expect(deleted(verification)).toEqual(FIRST);
});

test('gives its outcome though the documents cannot be deleted', async () => {
  const verification = await server.start(complete(), (world) => world.always('deleteDocuments', breaks()));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(await verification.lifetime()).toBeLessThan(30_000);
});

test('is not cancelled any more once Notus has approved', async () => {
  const deletion = new Gate();
  const verification = await server.start(complete(), (world) =>
    world.next('pollResult', completes).next(
      'deleteDocuments',
      deletion.holds(() => undefined),
    ),
  );
  await deletion.reached;

  await verification.handle.cancel();
  deletion.release();

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test('deletes what a signal named that came while no documents were awaited', async () => {
  const decision = new Gate();
  const verification = await server.start(complete(), (world) => world.next('pollResult', decision.holds(completes)));
  await decision.reached;
  await verification.signal(documents('second'));
  await verification.untilProblem('NotAwaitingDocuments');

  decision.release();
  await verification.outcome();

  expect(deleted(verification)).toEqual([...FIRST, 'file:///store/second-front.jpg', 'file:///store/second-back.jpg']);
});

test('deletes the documents of an input that is refused', async () => {
  const { request, documents: named } = complete();
  const verification = await server.start({ request: { ...request, documentCountry: 'BR' }, documents: named });

  expect(await verification.failure()).toMatchObject({ type: 'InvalidRequest' });

  expect(deleted(verification)).toEqual(FIRST);
  expect(verification.world.callsOf('deleteDocuments')).toMatchObject([{ isLocal: true }]);
});

test('bears signals and updates that come during the last deletion, and can be replayed', async () => {
  const deletion = new Gate();
  const verification = await server.start(waiting(), (world) =>
    world.next(
      'deleteDocuments',
      deletion.holds(() => undefined),
    ),
  );
  await verification.untilAwaiting();
  await verification.submit(documents('first'));
  await deletion.reached;

  await verification.signal(documents('second'));
  await verification.signal(null);
  const late = refusalOf(verification.submit(documents('third')));
  await verification.untilEvent('workflowExecutionSignaledEventAttributes');
  deletion.release();

  expect(await late).toMatchObject({ type: 'NotAwaitingDocuments' });
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect((await verification.searchAttributes()).map(([, , , problem]) => problem)).not.toContain(
    'NotAwaitingDocuments',
  );
  await server.replay(verification);
});
