/**
 * What can go wrong between the worker and Notus or the document storage, one class a situation.
 * None of them holds headers, bodies, keys, URLs or personal data, nor the HTTP library's error as its cause.
 */

/** The calls there are: three to Notus, one to the document storage. */
export type Operation = 'create' | 'process' | 'get' | 'upload';

/** One field that Notus refused, by its path in the request. */
export interface Issue {
  path: string;
  message: string;
}

const STEPS: Record<Operation, string> = {
  create: 'open a session',
  process: 'process the session',
  get: 'read the session',
  upload: 'store the document',
};

/** Notus answered, and the status is no 2xx. The status alone decides; the body only adds what is below. */
export class NotusHttpError extends Error {
  override readonly name = 'NotusHttpError';
  readonly operation: Operation;
  /** Redirects are not followed: a 3xx is an error like any other. */
  readonly status: number;
  /** Notus's own name of the error, such as `STANDARD_SESSION_NOT_FOUND`; null when the answer has none. */
  readonly id: string | null;
  /** The fields a 400 names, without the values that were sent; empty for other errors. */
  readonly issues: Issue[];
  /** What Notus's support asks for: the header `trace-id`, else the body's `traceId`. */
  readonly traceId: string | null;
  /** How long Notus asks to wait, from `Retry-After`. */
  readonly retryAfterMs: number | null;

  constructor(of: Pick<NotusHttpError, 'operation' | 'status' | 'id' | 'issues' | 'traceId' | 'retryAfterMs'>) {
    const facts = [`HTTP ${of.status}`, of.id, of.traceId && `trace ${of.traceId}`].filter(Boolean).join(', ');
    const issues = of.issues.map(({ path, message }) => `\n${path === '' ? '(the request)' : path}: ${message}`);
    super(`Notus did not ${STEPS[of.operation]} (${facts}). ${advice(of.status, of.id)}${issues.join('')}`);
    this.operation = of.operation;
    this.status = of.status;
    this.id = of.id;
    this.issues = of.issues;
    this.traceId = of.traceId;
    this.retryAfterMs = of.retryAfterMs;
  }
}

/** There is no answer, or only a part of one. */
export class NotusNetworkError extends Error {
  override readonly name = 'NotusNetworkError';

  /**
   * @param code Node's code (`ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`, …), `ETIMEDOUT` when the time for the
   * call was up, `ABORTED` when the caller's signal ended it
   * @param sent `no` when not a byte of the request can have left this machine, else `perhaps`
   */
  constructor(
    readonly operation: Operation,
    readonly code: string,
    readonly sent: 'no' | 'perhaps',
  ) {
    const fate = sent === 'no' ? 'The request was not sent' : 'Notus may have received the request';
    super(`No answer from Notus when asked to ${STEPS[operation]} (${code}). ${fate}.`);
  }
}

/** Notus answered with a 2xx that is not what it documents. */
export class NotusSchemaError extends Error {
  override readonly name = 'NotusSchemaError';

  /** @param reason which field is wrong and how, without its value */
  constructor(
    readonly operation: Operation,
    readonly status: number,
    readonly reason: string,
    readonly traceId: string | null,
  ) {
    const facts = [`HTTP ${status}`, traceId && `trace ${traceId}`].filter(Boolean).join(', ');
    super(
      `Notus was asked to ${STEPS[operation]} and gave an answer it does not document (${facts}): ${reason}. ` +
        'Check that the API URL is that of Notus, else report it to Notus.',
    );
  }
}

/** The document storage answered, and did not store the document. */
export class UploadRefusedError extends Error {
  override readonly name = 'UploadRefusedError';
  readonly status: number;
  /** S3's error code, such as `EntityTooLarge`; null when the answer has none. */
  readonly code: string | null;
  /** The form's time is up: only a new session gives a new form. */
  readonly expired: boolean;
  /** The document is bigger than the form allows. */
  readonly tooLarge: boolean;
  readonly retryAfterMs: number | null;

  constructor(of: Pick<UploadRefusedError, 'status' | 'code' | 'expired' | 'tooLarge' | 'retryAfterMs'>) {
    const facts = [`HTTP ${of.status}`, of.code].filter(Boolean).join(', ');
    super(`The document storage did not take the document (${facts}). ${uploadAdvice(of)}`);
    this.status = of.status;
    this.code = of.code;
    this.expired = of.expired;
    this.tooLarge = of.tooLarge;
    this.retryAfterMs = of.retryAfterMs;
  }
}

/** The connection to the document storage failed before it answered. The same form may be tried again while it lives. */
export class UploadNetworkError extends Error {
  override readonly name = 'UploadNetworkError';

  /** @param code as in `NotusNetworkError` */
  constructor(readonly code: string) {
    super(`No answer from the document storage (${code}). Try again while the form is valid.`);
  }
}

/** The host of the form leads to an address that is not allowed; nothing was sent. */
export class UploadAddressRefusedError extends Error {
  override readonly name = 'UploadAddressRefusedError';

  constructor() {
    super(
      'The host of the form leads to a private address, which is allowed only for hosts that are named themselves.',
    );
  }
}

/** The document's bytes are not those that were promised; the document storage has none of them. */
export class DocumentChangedError extends Error {
  override readonly name = 'DocumentChangedError';

  constructor() {
    super('The document has changed since it was inspected: submit it again.');
  }
}

function advice(status: number, id: string | null): string {
  if (status === 400) return 'Mend what it names.';
  if (status === 401 || status === 403) return 'Check the API key, or ask Notus to enable the feature for it.';
  if (status === 404 && id === 'STANDARD_SESSION_NOT_FOUND') return 'Notus does not know this session.';
  if (status === 404 || (status >= 300 && status < 400)) return 'Check the API URL.';
  if (status === 429 || status >= 500) return 'Try again later.';
  return 'Check the API URL and key, or ask Notus.';
}

function uploadAdvice({ status, expired, tooLarge }: { status: number; expired: boolean; tooLarge: boolean }): string {
  if (expired) return 'The form has expired: open a new session.';
  if (tooLarge) return 'It is bigger than the form allows: use a smaller file.';
  if (status === 429 || status >= 500) return 'Try again while the form is valid.';
  return 'Open a new session.';
}
