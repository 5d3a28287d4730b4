import type { Answer, FakeWorld } from './fake-activities';
import {
  answerLost,
  breaks,
  comesBack,
  completes,
  expires,
  failsFinally,
  fails,
  formDead,
  Gate,
  notASession,
  notYet,
  obstructed,
  opensFor,
  staysUndecided,
  tooLarge,
  unusable,
  uploadRefused,
  uploadsRefused,
} from './step-answers';
import type { TestVerification } from './test-verification';
import type { TimeSkippingServer } from './time-skipping';
import { complete, documents, uploadedTo, waiting } from './verification-input';

/** A way through a verification: the ending it must come to, how it begins, and what is done on the way. */
export interface RecordedPath {
  ending: string;
  play: (server: TimeSkippingServer) => Promise<TestVerification>;
}

type Script = (world: FakeWorld) => unknown;
type Part = (verification: TestVerification) => Promise<unknown>;

/** Starts with that input in a world so scripted, then plays its parts one after the other. */
const path = (ending: string, input: unknown, script: Script = () => undefined, ...parts: Part[]): RecordedPath => ({
  ending,
  play: async (server) => {
    const verification = await server.start(input, script);
    for (const part of parts) await part(verification);
    return verification;
  },
});

const awaiting: Part = (verification) => verification.untilAwaiting();
const submit =
  (name: string): Part =>
  (verification) =>
    verification.submit(documents(name));
const submitUploads =
  (sessionId: string): Part =>
  (verification) =>
    verification.submit(uploadedTo(sessionId));
const signal =
  (...args: unknown[]): Part =>
  (verification) =>
    verification.signal(...args);
const refused =
  (update: Part): Part =>
  (verification) =>
    update(verification).then(
      () => Promise.reject(new Error('It was not refused.')),
      () => undefined,
    );
const problem =
  (code: string): Part =>
  (verification) =>
    verification.untilProblem(code);
const pass =
  (time: '9m' | '11m' | '2h'): Part =>
  (verification) =>
    verification.pass(time);
const forms: Part = (verification) => verification.requestForms();
const step =
  (activityId: string): Part =>
  (verification) =>
    verification.until(() => verification.world.story.includes(activityId));
const cancel: Part = (verification) => verification.handle.cancel();
const undecodable: Part = (verification) =>
  verification.signalUndecodable({ metadata: { encoding: Buffer.from('binary/unknown') }, data: Buffer.from('x') });

const passport = { request: { ...waiting().request, documentCategory: 'PASSPORT' as const } };
const { front } = documents('first');

const cancelledWhileCreating = (): RecordedPath => {
  const opening = new Gate();
  return path(
    'cancelled',
    complete(),
    (world) => world.next('createSession', opening.holds(opensFor(600_000))),
    () => opening.reached,
    cancel,
    (verification) => verification.untilEvent('activityTaskCancelRequestedEventAttributes'),
    () => Promise.resolve(opening.release()),
  );
};

const frontTwice: Answer<'uploadDocument'> = (args, attempt) =>
  args.side === 'front' ? tooLarge(args, attempt) : { kind: 'uploaded' };

/** One recording each in `test/histories`, by its name. */
export const RECORDED_PATHS: Record<string, RecordedPath> = {
  'approved-documents-at-start': path('approved', complete()),
  'approved-signal': path('approved', waiting(), undefined, awaiting, signal(documents('signalled'))),
  'approved-signal-while-opening': path('approved', waiting(), undefined, signal(documents('early'))),
  'approved-update': path('approved', waiting(), undefined, awaiting, submit('updated')),
  'approved-on-documents': path(
    'approved',
    waiting({ sessionTiming: 'onDocuments' }),
    undefined,
    awaiting,
    submit('a'),
  ),
  'approved-passport': path('approved', { ...passport, documents: { front } }),
  'approved-many-looks': path('approved', complete(), (world) =>
    world.next('pollResult', notYet(30_000), notYet(30_000), notYet(30_000)),
  ),
  'approved-direct-uploads': path('approved', waiting(), undefined, awaiting, forms, submitUploads('session-1')),
  'approved-direct-uploads-to-new-forms': path(
    'approved',
    waiting(),
    undefined,
    awaiting,
    pass('9m'),
    forms,
    submitUploads('session-2'),
  ),
  'approved-direct-uploads-missing-at-first': path(
    'approved',
    waiting(),
    (world) => world.next('pollResult', uploadsRefused),
    awaiting,
    submitUploads('session-1'),
    problem('UploadRefused'),
    submitUploads('session-1'),
  ),
  'approved-direct-uploads-expired': path(
    'approved',
    waiting(),
    (world) => world.next('pollResult', expires),
    awaiting,
    submitUploads('session-1'),
    problem('UploadRefused'),
    forms,
    submitUploads('session-2'),
  ),
  'approved-without-individual-id': path('approved', complete(), (world) =>
    world.next('pollResult', () => ({ kind: 'completed', individualId: null, individualIdMissing: true })),
  ),
  'approved-second-attempt': path(
    'approved',
    waiting({ maxAttempts: 2 }),
    (world) => world.next('pollResult', fails),
    awaiting,
    submit('first'),
    problem('AttemptRejected'),
    refused(submit('first')),
    submit('second'),
  ),
  'approved-first-of-two-submissions': path(
    'approved',
    waiting(),
    undefined,
    awaiting,
    signal(documents('first')),
    signal(documents('second')),
  ),
  'approved-after-unusable': path(
    'approved',
    waiting(),
    (world) => world.next('inspectDocuments', unusable),
    awaiting,
    refused(submit('empty')),
    submit('good'),
  ),
  'approved-after-nonsense': path(
    'approved',
    waiting(),
    undefined,
    signal(),
    signal(null),
    signal(42),
    undecodable,
    problem('InvalidDocuments'),
    submit('good'),
  ),
  'approved-renewed-session': path('approved', complete(), (world) => world.next('pollResult', expires)),
  'approved-dead-form': path('approved', complete(), (world) => world.next('uploadDocument', formDead)),
  'approved-late-documents': path('approved', waiting(), undefined, awaiting, pass('11m'), submit('late')),
  'approved-refused-uploads': path('approved', complete(), (world) =>
    world.next('uploadDocument', uploadRefused, uploadRefused, uploadRefused, uploadRefused),
  ),
  'approved-refused-process': path('approved', complete(), (world) => world.next('pollResult', uploadsRefused)),
  'approved-lost-create': path('approved', complete(), (world) => world.next('createSession', answerLost, answerLost)),
  'approved-answers-that-are-no-session': path('approved', complete(), (world) =>
    world.next('createSession', notASession, notASession),
  ),
  'approved-key-refused': path('approved', complete(), (world) =>
    world.next('createSession', comesBack('NotusKeyRefused'), comesBack('NotusKeyRefused')),
  ),
  'approved-outage-while-deciding': path('approved', complete(), (world) =>
    world.next('pollResult', comesBack('NotusUnavailable'), comesBack(null, 'Well again.', 2_000), completes),
  ),
  'approved-outage-while-awaiting': path(
    'approved',
    waiting(),
    (world) => world.next('createSession', comesBack('NotusUnavailable', 'Down.', 30_000)),
    problem('NotusUnavailable'),
    pass('9m'),
    submit('after-it'),
  ),
  'approved-document-store-down': path('approved', complete(), (world) =>
    world.next('inspectDocuments', breaks(), comesBack('DocumentStoreUnavailable')),
  ),
  'approved-upload-host-refused': path('approved', complete(), (world) =>
    world.next('uploadDocument', comesBack('UploadHostRefused'), comesBack('UploadHostRefused')),
  ),
  'approved-liveness-not-done-at-first': path(
    'approved',
    waiting({}, true),
    (world) => world.next('pollResult', expires),
    awaiting,
    submit('first'),
    problem('LivenessNotDone'),
    submit('second'),
  ),
  'approved-documents-not-deleted': path('approved', complete(), (world) => world.always('deleteDocuments', breaks())),

  rejected: path('rejected', complete(), (world) => world.next('pollResult', fails)),
  'rejected-twice': path(
    'rejected',
    waiting({ maxAttempts: 2 }),
    (world) => world.next('pollResult', fails, fails),
    awaiting,
    submit('first'),
    problem('AttemptRejected'),
    submit('second'),
  ),
  abandoned: path('abandoned', waiting()),
  'abandoned-during-outage': path('abandoned', waiting({ documentsDeadline: '2h' }), (world) =>
    world.always('createSession', obstructed('NotusUnavailable', 600_000)),
  ),
  'timed-out': path('timedOut', complete({ resultDeadline: '1h' }), (world) =>
    world.always('pollResult', staysUndecided(600_000)),
  ),
  'timed-out-during-outage': path('timedOut', complete({ resultDeadline: '1h' }), (world) =>
    world.always('createSession', obstructed('NotusUnavailable', 600_000)),
  ),
  'expired-sessions-exhausted': path('expired', complete({ maxSessions: 2 }), (world) =>
    world.always('uploadDocument', formDead),
  ),
  'expired-last-session': path('expired', complete({ maxSessions: 1 }), (world) => world.next('pollResult', expires)),

  'failed-invalid-request': path('InvalidRequest', { request: { ...waiting().request, documentCountry: 'BR' } }),
  'failed-request-refused-by-notus': path('InvalidRequest', complete(), (world) =>
    world.next('createSession', failsFinally('InvalidRequest', 'request.email: Required (Notus)')),
  ),
  'failed-document-unusable': path('DocumentUnusable', complete(), (world) => world.next('inspectDocuments', unusable)),
  'failed-document-too-large': path('DocumentUnusable', complete(), (world) =>
    world.always('uploadDocument', frontTwice),
  ),
  'failed-ambiguous-by-policy': path('SessionCreationAmbiguous', complete({ ambiguousCreate: 'fail' }), (world) =>
    world.next('createSession', answerLost),
  ),
  'failed-ambiguous-sessions-used-up': path('SessionCreationAmbiguous', complete({ maxSessions: 2 }), (world) =>
    world.next('createSession', answerLost, answerLost),
  ),
  'failed-protocol-error': path('ProtocolError', complete(), (world) =>
    world.next('createSession', notASession, notASession, notASession),
  ),

  'cancelled-inspecting': path(
    'cancelled',
    complete(),
    (world) => world.next('inspectDocuments', breaks(), notYet(3_600_000)),
    step('inspect-documents-1'),
    cancel,
  ),
  'cancelled-creating': cancelledWhileCreating(),
  'cancelled-after-lost-create': path(
    'cancelled',
    complete(),
    (world) => world.next('createSession', answerLost),
    problem('SessionMayExist'),
    cancel,
  ),
  'cancelled-awaiting': path('cancelled', waiting(), undefined, awaiting, cancel),
  'cancelled-uploading': path(
    'cancelled',
    complete(),
    (world) => world.always('uploadDocument', notYet(60_000)),
    step('upload-front-1'),
    cancel,
  ),
  'cancelled-deciding': path(
    'cancelled',
    complete(),
    (world) => world.next('pollResult', notYet(3_600_000)),
    step('poll-result-1'),
    cancel,
  ),
};
