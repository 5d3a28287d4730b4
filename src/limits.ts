/**
 * Every wait, retry and size that the workflow and its activities obey, in one place and in milliseconds unless named
 * otherwise. What callers may choose themselves is the policy in `contract.ts`.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const LIMITS = {
  /** Above the longest call to Notus (`NOTUS_TIMEOUT_MS` is at most 60 s), so that a late answer is never dropped. */
  notusStartToClose: 75 * SECOND,
  /** A form lives 10 minutes, so no upload can be of use for longer. */
  uploadStartToClose: 11 * MINUTE,
  inspectStartToClose: 5 * MINUTE,
  /** Decides how soon a dead worker is noticed. */
  heartbeatTimeout: 5 * SECOND,
  heartbeatEvery: 1 * SECOND,
  /** Wait before an attempt that was lost with its worker is made again; all other waits come from the activity. */
  lostAttemptRetry: 1 * SECOND,
  /** The server retries no sooner than this. */
  soon: 1 * SECOND,

  /** First look after `process`, then longer by `pollFactor` up to `pollLongest`; jitter only lengthens. */
  pollFirst: 2 * SECOND,
  pollFactor: 1.5,
  pollLongest: 30 * SECOND,
  pollJitter: 0.1,
  /** The last look before a result deadline is planned this long before it. */
  pollLastLook: 2 * SECOND,
  /** How long Notus may say PENDING after a `process` whose reply was lost, before it is posted again. */
  processDoubt: 30 * SECOND,
  /** How long a COMPLETED session with an empty individualId is looked at again. */
  individualIdWait: 30 * SECOND,

  /** Back-off of calls that met an outage. */
  outageFirst: 1 * SECOND,
  outageFactor: 2,
  outageLongest: 30 * SECOND,
  /** An outage comes back to the workflow, to be told, once it will have lasted this long at the next try; below 90 s even for calls that hang. */
  outageTold: 45 * SECOND,
  /** A refused key or host is tried again this often. */
  refusedRetry: 1 * MINUTE,
  /** The longest `Retry-After` that is obeyed. */
  retryAfterLongest: 10 * MINUTE,
  /** How often an obstacle or its end may come back to the workflow in one verification. */
  obstacleReturns: 50,

  /** Waits before another session is opened after a lost answer; the last one repeats. */
  recreateWaits: [5 * SECOND, 20 * SECOND, 80 * SECOND, 1 * HOUR],
  /** The create whose answer is no session, counted over the verification, that ends it. */
  protocolErrors: 3,
  /** Wait before another session is tried after its uploads were refused for an unknown reason. */
  uploadRefusedRetry: 1 * HOUR,

  /** Forms with less than this are not uploaded to: the upload itself takes time. */
  formMargin: 5 * SECOND,
  /** Forms given to an applicant's device have at least this left. */
  formsForDevice: 2 * MINUTE,
  /** How long `requestUploadForms` waits for a session. */
  formsWait: 60 * SECOND,

  /** Submissions that are looked into in one wait for documents; later ones are refused unread. */
  submissionsOfWait: 500,
  /** Document URIs that a verification remembers, to delete them at its end. */
  namedDocuments: 2_000,
  /** How long the deletion of documents may hold an outcome up. */
  deletion: 30 * SECOND,
  /** How often each worker looks for documents that a crash left in the store; jitter only lengthens. */
  sweepEvery: 1 * HOUR,
  sweepJitter: 0.1,
  /** One that takes longer is given up, and begun anew an hour later. */
  sweepTime: 30 * MINUTE,
  /** Younger ones are left alone: their verification may be about to start. */
  sweepAge: 24 * HOUR,
  /** Documents of a verification that closed this short ago stay for the next sweep: a reset or a restart goes on with its id. */
  sweepSettled: 10 * MINUTE,
} as const;
