import { bytesOf, everyDocumentIsGood } from './support/fake-activities';
import { containing } from './support/matchers';
import { breaks, comesBack, completes, Gate, opensFor, unusable } from './support/step-answers';
import { refusalOf, type TestVerification } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { documents, uploadedTo, waiting } from './support/verification-input';

const server = timeSkippingServer();

const uploadedFronts = ({ world }: TestVerification): string[] =>
  world.callsOf('uploadDocument').flatMap(({ args }) => (args.side === 'front' ? [args.document.uri] : []));

test('keeps documents that come while the session opens', async () => {
  const opening = new Gate();
  const verification = await server.start(waiting(), (world) =>
    world.next('createSession', opening.holds(opensFor(600_000))),
  );
  await opening.reached;

  await verification.submit(documents('early'));
  opening.release();

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', sessionsCreated: 1 });
  expect(uploadedFronts(verification)).toEqual(['file:///store/early-front.jpg']);
});

test('takes the first of two valid submissions and refuses the second', async () => {
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) => world.next('pollResult', decision.holds(completes)));
  await verification.untilAwaiting();

  await verification.signal(documents('first'));
  await verification.signal(documents('second'));

  await verification.untilProblem('NotAwaitingDocuments');
  decision.release();
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(uploadedFronts(verification)).toEqual(['file:///store/first-front.jpg']);
});

test('takes a valid submission behind an unusable one', async () => {
  const verification = await server.start(waiting(), (world) => world.next('inspectDocuments', unusable));
  await verification.untilAwaiting();

  await verification.signal(documents('empty'));
  await verification.signal(documents('good'));

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(uploadedFronts(verification)).toEqual(['file:///store/good-front.jpg']);
});

test('lets no update overtake a signal that came before it in the same task', async () => {
  const inspection = new Gate();
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) =>
    world.next('inspectDocuments', inspection.holds(unusable)).next('pollResult', decision.holds(completes)),
  );
  await verification.untilAwaiting();
  await verification.signal(documents('empty'));
  await inspection.reached;

  await verification.signal(documents('first'));
  const overtaking = refusalOf(verification.submit(documents('second')));
  inspection.release();

  expect(await overtaking).toMatchObject({ type: 'NotAwaitingDocuments' });
  decision.release();
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
  expect(uploadedFronts(verification)).toEqual(['file:///store/first-front.jpg']);
});

test('lets no update overtake documents that are looked into slowly', async () => {
  const inspection = new Gate();
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) =>
    world
      .next('inspectDocuments', breaks(), inspection.holds(everyDocumentIsGood))
      .next('pollResult', decision.holds(completes)),
  );
  await verification.untilAwaiting();
  await verification.signal(documents('slow'));
  await inspection.reached;

  const overtaking = refusalOf(verification.submit(documents('quick')));
  const again = verification.submit(documents('slow'));
  inspection.release();

  expect(await overtaking).toMatchObject({ type: 'NotAwaitingDocuments' });
  expect(await again).toMatchObject({ documentsDeadline: null });
  decision.release();
  await verification.outcome();
  expect(uploadedFronts(verification)).toEqual(['file:///store/slow-front.jpg']);
});

test('answers the accepted documents with the status when they are sent again, and sees no problem', async () => {
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) => world.next('pollResult', decision.holds(completes)));
  await verification.untilAwaiting();
  await verification.submit(documents('first'));
  await decision.reached;

  await verification.signal(documents('first'));
  const status = await verification.submit(documents('first'));

  expect(status).toMatchObject({ stage: 'verifying', problem: null });
  decision.release();
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
  expect(verification.world.callsOf('inspectDocuments')).toHaveLength(1);
});

test('takes the same bytes under other URIs for the accepted documents', async () => {
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) => world.next('pollResult', decision.holds(completes)));
  await verification.untilAwaiting();
  await verification.submit(documents('first'));
  await decision.reached;

  const copies = {
    front: { uri: 'file:///store/copy-1', sha256: bytesOf('first-front.jpg').toUpperCase() },
    back: { uri: 'file:///store/copy-2', sha256: bytesOf('first-back.jpg') },
  };
  expect(await verification.submit(copies)).toMatchObject({ stage: 'verifying', problem: null });

  decision.release();
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
  const deleted = verification.world.callsOf('deleteDocuments').flatMap(({ args }) => args.uris);
  expect(deleted).toEqual(expect.arrayContaining([copies.front.uri, copies.back.uri]));
});

test('refuses other documents while none are awaited', async () => {
  const decision = new Gate();
  const verification = await server.start(waiting(), (world) => world.next('pollResult', decision.holds(completes)));
  await verification.untilAwaiting();
  await verification.submit(documents('first'));
  await decision.reached;

  const refusal = await refusalOf(verification.submit(documents('second')));

  expect(refusal).toMatchObject({ type: 'NotAwaitingDocuments', message: containing('verifying') });
  decision.release();
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('refuses unusable documents by update, says why in the status, and waits on', async () => {
  const verification = await server.start(waiting(), (world) => world.next('inspectDocuments', unusable));
  const { documentsDeadline } = await verification.untilAwaiting();

  const refusal = await refusalOf(verification.submit(documents('empty')));

  expect(refusal).toEqual({ type: 'DocumentUnusable', message: 'front: The document is empty.' });
  expect(await verification.status()).toMatchObject({
    stage: 'awaitingDocuments',
    documentsDeadline,
    problem: { code: 'DocumentUnusable' },
  });
  expect(await verification.submit(documents('good'))).toMatchObject({ problem: null });
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
});

test('counts a document outside the sources as InvalidDocuments and waits on', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.next('inspectDocuments', () => ({ usable: false, code: 'InvalidDocuments', message: 'front: Not allowed.' })),
  );
  await verification.untilAwaiting();

  await verification.signal(documents('elsewhere'));

  expect(await verification.untilProblem('InvalidDocuments')).toMatchObject({ stage: 'awaitingDocuments' });
});

test('fails when documents of the input are unusable, before a session is spent on them', async () => {
  const verification = await server.start({ ...waiting(), documents: documents('empty') }, (world) =>
    world.next('inspectDocuments', unusable),
  );

  expect(await verification.failure()).toMatchObject({
    type: 'DocumentUnusable',
    message: 'front: The document is empty.',
  });
  expect(verification.world.callsOf('createSession')).toEqual([]);
  expect((await verification.searchAttributes()).at(-1)?.slice(0, 2)).toEqual(['closed', 'failed']);
});

test('takes a store that is down for no bad document: tries again where operators see it', async () => {
  const verification = await server.start(waiting(), (world) =>
    world.next('inspectDocuments', comesBack('DocumentStoreUnavailable'), comesBack('DocumentStoreUnavailable')),
  );
  await verification.untilAwaiting();
  await verification.signal(documents('first'));
  expect(await verification.untilProblem('DocumentStoreUnavailable')).toMatchObject({ stage: 'awaitingDocuments' });

  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });

  const inspections = verification.world.callsOf('inspectDocuments');
  expect(inspections.map(({ activityId, args }) => [activityId, args.watch.known])).toEqual([
    ['inspect-documents-1', null],
    ['inspect-documents-1', 'DocumentStoreUnavailable'],
    ['inspect-documents-1', 'DocumentStoreUnavailable'],
  ]);
});

test('numbers inspections by submission', async () => {
  const verification = await server.start(waiting(), (world) => world.next('inspectDocuments', unusable, breaks()));
  await verification.untilAwaiting();

  await verification.signal(documents('empty'));
  await verification.signal(documents('good'));
  await verification.outcome();

  expect(verification.world.story).toContain('inspect-documents-2');
});

test('shows at once that documents accepted while the session opens are no problem any more', async () => {
  const opening = new Gate();
  const verification = await server.start(waiting(), (world) =>
    world.next('createSession', opening.holds(opensFor(600_000))).next('inspectDocuments', unusable),
  );
  await opening.reached;
  await verification.signal(documents('empty'));
  await verification.untilProblem('DocumentUnusable');
  expect(await verification.details()).toContain('DocumentUnusable');

  const { stage, problem, resultDeadline } = await verification.submit(documents('good'));

  expect({ stage, problem }).toEqual({ stage: 'creatingSession', problem: null });
  const details = await verification.details();
  expect(details).toContain(`until ${resultDeadline}`);
  expect(details).not.toContain('DocumentUnusable');
  expect((await verification.searchAttributes()).at(-1)).toEqual(['creatingSession', null, null, null]);
  opening.release();
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test.each([
  ['uploadingDocuments', 'a session is open', waiting(), documents('stored')],
  ['creatingSession', 'none is', waiting({ sessionTiming: 'onDocuments' }), documents('stored')],
  ['verifying', 'the device has uploaded', waiting(), uploadedTo('session-1')],
])('answers an update with stage %s when %s', async (stage, _when, input, submitted) => {
  const verification = await server.start(input);
  await verification.untilAwaiting();

  expect(await verification.submit(submitted)).toMatchObject({ stage, documentsDeadline: null, problem: null });
});
