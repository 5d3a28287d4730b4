import type { Answer } from './fake-activities';
import {
  answerLost,
  breaks,
  expires,
  fails,
  failsFinally,
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
} from './step-answers';
import { awaiting, cancel, path, problem, step, submit, type RecordedPath } from './recorded-path';
import { complete, waiting } from './verification-input';

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
export const RECORDED_ENDINGS: Record<string, RecordedPath> = {
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
  'timed-out-key-refused': path('timedOut', complete({ resultDeadline: '1h' }), (world) =>
    world.always('pollResult', obstructed('NotusKeyRefused', 600_000)),
  ),
  'timed-out-after-lost-create': path('timedOut', complete({ resultDeadline: '1h' }), (world) =>
    world.next('createSession', answerLost).always('findNotus', obstructed('NotusUnavailable')),
  ),
  'timed-out-refused-uploads': path('timedOut', complete({ resultDeadline: '90m' }), (world) =>
    world.always('uploadDocument', uploadRefused),
  ),
  'expired-sessions-exhausted': path('expired', complete({ maxSessions: 2 }), (world) =>
    world.always('uploadDocument', formDead),
  ),
  'expired-last-session': path('expired', complete({ maxSessions: 1 }), (world) => world.next('pollResult', expires)),

  'failed-invalid-request': path('InvalidRequest', { request: { ...waiting().request, documentCountry: 'BR' } }),
  'failed-invalid-request-with-documents': path('InvalidRequest', {
    ...complete(),
    request: { ...waiting().request, documentCountry: 'BR' },
  }),
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
  'cancelled-after-refused-uploads': path(
    'cancelled',
    complete(),
    (world) => world.always('uploadDocument', uploadRefused),
    problem('UploadRefused'),
    cancel,
  ),
};
