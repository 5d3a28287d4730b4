export { KycClient } from './kyc-client';
export type { KycClientOptions, StartedVerification } from './kyc-client';
export { encryption } from './encryption';
export { traceInterceptors } from './trace-interceptors';
export { VerificationHandle } from './verification-handle';
export type { ObservedStatus } from './verification-handle';
export type { ErasureRecord } from './erase-verification';
export type { PendingActivity } from './pending-activity';
export type { DocumentSource, DocumentSources } from './stored-documents';
export {
  AnswerPendingError,
  DocumentsRefusedError,
  ErasurePendingError,
  InvalidRequestError,
  KycError,
  PayloadUnreadableError,
  TemporalUnavailableError,
  UploadFormsUnavailableError,
  VerificationCancelledError,
  VerificationClosedError,
  VerificationConflictError,
  VerificationFailedError,
  VerificationNotFoundError,
  VerificationTerminatedError,
  WorkerUnavailableError,
} from './errors';
export { DocumentStoreUnavailableError } from '../documents/errors';
export type {
  Documents,
  DocumentReference,
  OutcomeName,
  Problem,
  ProblemCode,
  Stage,
  UploadForms,
  VerificationInput,
  VerificationOutcome,
  VerificationPolicy,
  VerificationRequest,
  VerificationStatus,
} from '../contract';
