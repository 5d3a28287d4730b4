/**
 * What callers and the workflow agree on: names on the wire, ids, and the JSON shapes.
 * Plain data only, so that the workflow bundle, the client package and the worker can all share it.
 */

/** The workflow type. One execution of it is one verification; its workflow id is the verification id. */
export const WORKFLOW_TYPE = 'individualVerification';

/** The default task queue of the workflow and of all activities that touch documents (`KYC_TASK_QUEUE`). */
export const DEFAULT_TASK_QUEUE = 'kyc';

/** The task queue of the calls to Notus (create and poll), apart so that one rate cap holds over all workers. */
export const notusTaskQueue = (taskQueue: string): string => `${taskQueue}-notus`;

/** Names of the signal, the updates and the query. */
export const DOCUMENTS_SUBMITTED = 'documentsSubmitted';
export const SUBMIT_DOCUMENTS = 'submitDocuments';
export const REQUEST_UPLOAD_FORMS = 'requestUploadForms';
export const STATUS = 'status';

/** Why a worker refuses a query now and then; it answers as soon as the verification has taken its news in. */
export const QUERY_AHEAD = 'The verification has news that it has not taken in yet: ask again in a moment.';

/** Search attributes, all of type Keyword and free of personal data. */
export const SEARCH_ATTRIBUTES = ['KycStage', 'KycOutcome', 'KycSessionId', 'KycProblem'] as const;

/** Activity ids, fixed so that runbooks can name them. `n` counts from 1. */
export const activityIds = {
  /** `submission` counts the submissions of a verification. */
  inspectDocuments: (submission: number): string => `inspect-documents-${submission}`,
  /** `create` counts creates, those with a lost answer too. */
  createSession: (create: number): string => `create-session-${create}`,
  /** `session` is the session's number; a second upload to the same session has the same id. */
  uploadDocument: (side: Side, session: number): string => `upload-${side}-${session}`,
  /** `loss` counts the creates with a lost answer. */
  findNotus: (loss: number): string => `find-notus-${loss}`,
  /** `attempt` is the one that was rejected. */
  deleteDocuments: (attempt: number): string => `delete-documents-${attempt}`,
  /** `session` is the session's number; it stays when the look is scheduled again. */
  pollResult: (session: number): string => `poll-result-${session}`,
} as const;

export const DOCUMENT_CATEGORIES = ['PASSPORT', 'DRIVERS_LICENSE', 'IDENTITY_CARD'] as const;
export type DocumentCategory = (typeof DOCUMENT_CATEGORIES)[number];

/** A side of the identity document. */
export type Side = 'front' | 'back';
export const SIDES: readonly Side[] = ['front', 'back'];

/** The sides Notus needs of a category: a passport has its photo page only, the others both sides (Notus docs). */
export const requiredSides = (category: DocumentCategory): Side[] =>
  category === 'PASSPORT' ? ['front'] : ['front', 'back'];

/** The body of Notus's create call, by Notus's own field names; unknown fields are sent on unchanged. */
export interface VerificationRequest {
  firstName: string;
  lastName: string;
  /** `DD/MM/YYYY` or `YYYY-MM-DD`; sent on as it is. */
  birthDate: string;
  documentCategory: DocumentCategory;
  /** `BRAZIL`, or another upper-snake country name. */
  documentCountry: string;
  /** Digits alone. */
  documentId: string;
  livenessRequired: boolean;
  nationality?: string;
  email?: string;
  address?: string;
  city?: string;
  state?: string;
  postalCode?: string;
  [field: string]: unknown;
}

/** Where the bytes of one side are: in the document store or in an allowed source. Never the bytes themselves. */
export interface DocumentReference {
  uri: string;
  /** Lower-case hex; checked when given. */
  sha256?: string;
}

/** Says that the applicant's own device posted this side to the form of that Notus session. */
export interface UploadedReference {
  uploaded: true;
  sessionId: string;
}

export type DocumentSide = DocumentReference | UploadedReference;

/** A submission: all sides that the category needs, all of one kind. */
export interface Documents {
  front: DocumentSide;
  back?: DocumentSide;
}

/** An integer and `s`, `m`, `h` or `d`: `90s`, `24h`, `7d`; 1 s to 90 d. */
export type DurationText = string;

/** How long to wait, how often to try. Every field is optional; see `DEFAULT_POLICY`. */
export interface VerificationPolicy {
  /** From the start of each wait, its session's opening included, to a valid submission. */
  documentsDeadline: DurationText;
  /** From a valid submission to a final status, over create, upload, process and poll. */
  resultDeadline: DurationText;
  /** How many sessions may end FAILED before the outcome is `rejected`; 1 to 20. */
  maxAttempts: number;
  /** Bounds `sessionsCreated + possibleOrphanSessions`; 1 to 20. */
  maxSessions: number;
  /** Open the session at once, or only when documents are there (forms live 10 minutes). */
  sessionTiming: 'eager' | 'onDocuments';
  /** What to do when Notus may have opened a session and the answer was lost. */
  ambiguousCreate: 'recreate' | 'fail';
}

export const DEFAULT_POLICY: Readonly<VerificationPolicy> = {
  documentsDeadline: '24h',
  resultDeadline: '24h',
  maxAttempts: 1,
  maxSessions: 5,
  sessionTiming: 'eager',
  ambiguousCreate: 'recreate',
};

/** The argument of the workflow. */
export interface VerificationInput {
  request: VerificationRequest;
  /** With documents there is no wait; references only. */
  documents?: { front: DocumentReference; back?: DocumentReference };
  policy?: Partial<VerificationPolicy>;
}

/** In the order in which a verification first comes to them. */
export const STAGES = ['creatingSession', 'awaitingDocuments', 'uploadingDocuments', 'verifying', 'closed'] as const;
export type Stage = (typeof STAGES)[number];

/** What holds a verification up, what of its documents was refused last, or what its outcome leaves open. */
export const PROBLEM_CODES = [
  'InvalidDocuments',
  'DocumentUnusable',
  'AttemptRejected',
  'AlreadyRejected',
  'NotAwaitingDocuments',
  'NotusKeyRefused',
  'NotusUnavailable',
  'UploadRefused',
  'UploadHostRefused',
  'SessionMayExist',
  'SessionsExhausted',
  'IndividualIdMissing',
  'LivenessNotDone',
  'DocumentStoreUnavailable',
  'ProtocolError',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** What holds a verification up now, or was last refused. Never personal data. */
export interface Problem {
  code: ProblemCode;
  /** One sentence for a person: what happened and what to do. */
  message: string;
  /** ISO time since when. */
  at: string;
}

export const OUTCOMES = ['approved', 'rejected', 'abandoned', 'expired', 'timedOut'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

/** What `KycOutcome` says of a verification that closed: its outcome, or how it ended without one. */
export const ENDINGS = [...OUTCOMES, 'failed', 'cancelled'] as const;
export type Ending = (typeof ENDINGS)[number];

/** What the `status` query and the `submitDocuments` update answer. Times are ISO 8601 in UTC. */
export interface VerificationStatus {
  verificationId: string;
  stage: Stage;
  /** From 1. */
  attempt: number;
  maxAttempts: number;
  sessionId: string | null;
  /** The last status of the session that was seen at Notus. */
  notusStatus: string | null;
  /** Sessions Notus answered with. */
  sessionsCreated: number;
  /** Creates whose answer was lost: Notus may hold a session nobody knows the id of. */
  possibleOrphanSessions: number;
  requiredDocuments: Side[];
  documentsDeadline: string | null;
  formsExpireAt: string | null;
  resultDeadline: string | null;
  /** Notus's hosted page for the face step, from a session's opening to its final status. */
  livenessUrl: string | null;
  problem: Problem | null;
  outcome: OutcomeName | null;
}

/** A presigned S3 form: post every field in the order given, then the file as the last part, named `file`. */
export interface UploadForm {
  url: string;
  fields: Record<string, string>;
}

/** What `requestUploadForms` answers: forms with at least two minutes left. */
export interface UploadForms {
  sessionId: string;
  /** ISO time after which S3 refuses the forms. */
  expiresAt: string;
  front: UploadForm;
  back: UploadForm | null;
}

/** One session that was processed. */
export interface Attempt {
  sessionId: string;
  outcome: 'approved' | 'rejected' | 'expired' | 'timedOut';
  startedAt: string;
  endedAt: string;
}

/** The result of the workflow. Business outcomes are results; the workflow fails only when somebody must look. */
export interface VerificationOutcome {
  outcome: OutcomeName;
  sessionId: string | null;
  /** Notus's id of the approved person, needed by its fiat calls; null unless approved. */
  individualId: string | null;
  notusStatus: string | null;
  sessionsCreated: number;
  possibleOrphanSessions: number;
  problem: Problem | null;
  attempts: Attempt[];
}

/** The types of the failures a verification can end with. */
export type FailureType = 'InvalidRequest' | 'DocumentUnusable' | 'SessionCreationAmbiguous' | 'ProtocolError';
