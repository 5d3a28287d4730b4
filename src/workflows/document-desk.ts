import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { InspectedDocument } from '../activities/inspect-documents';
import { SIDES, type Documents, type DocumentReference, type ProblemCode, type Side } from '../contract';
import { LIMITS } from '../limits';
import { documentsProblems, LONGEST_URI } from '../validation/documents';
import { isObject } from '../validation/shape';
import { DeadlinePassed, failure } from './endings';
import { count } from './metrics';
import type { Steps } from './steps';
import type { VerificationRecord } from './verification-record';

type Inspected = Partial<Record<Side, InspectedDocument>>;

/** A submission that was found valid. */
export interface Submission {
  documents: Documents;
  /** Null when the applicant's own device posted them to the session's forms. */
  inspected: Inspected | null;
}

/** Why a submission is not taken. */
export interface Refusal {
  code: ProblemCode;
  message: string;
}

/** Takes in what callers submit, one after the other, so that the first valid submission of a wait wins. */
export class DocumentDesk {
  /** Set from a wait's first valid submission until documents are awaited again. */
  accepted: Submission | null = null;
  /** What a submission brought to light that no other submission can mend; whoever waits for one throws it. */
  fatal: Error | null = null;
  private awaiting = false;
  private closed = false;
  private submissions = 0;
  private submissionsOfWait = 0;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly rejected: Inspected[] = [];
  private readonly named = new Set<string>();
  private readonly scope = new CancellationScope();

  constructor(
    private readonly record: VerificationRecord,
    private readonly steps: Steps,
  ) {}

  /** At the deadline itself the wait is over, even if its end has not been noticed yet. */
  get isAwaiting(): boolean {
    return this.awaiting && this.record.left > 0;
  }

  /** All URIs that any well-formed submission named; those in the document store are the verification's to delete. */
  get namedUris(): string[] {
    return [...this.named];
  }

  openForSubmissions(): void {
    this.accepted = null;
    this.awaiting = true;
    this.submissionsOfWait = 0;
  }

  stopWaiting(): void {
    this.awaiting = false;
  }

  /**
   * Drops what is under inspection, once the verification has come to its end. It ends when nothing of it goes on: what
   * goes on beside a local activity may come in another order when the history is replayed.
   */
  async close(): Promise<void> {
    this.awaiting = false;
    this.closed = true;
    this.scope.cancel();
    await this.queue;
  }

  /** Remembers the bytes of the attempt that Notus rejected; gives the URIs that were its own. */
  rejectAccepted(): string[] {
    if (this.accepted?.inspected) this.rejected.push(this.accepted.inspected);
    return references(this.accepted?.documents ?? null).map(([, { uri }]) => uri);
  }

  /** What can be told of a submission without reading its documents; null if nothing speaks against it. */
  refusalOf(documents: unknown): Refusal | null {
    const lines = documentsProblems(documents, this.record.sides);
    if (lines.length > 0) return { code: 'InvalidDocuments', message: `${lines.join('; ')}.` };
    if (this.isAwaiting || this.isAccepted(documents as Documents)) return null;
    return { code: 'NotAwaitingDocuments', message: `No documents are awaited now (stage ${this.record.stage}).` };
  }

  /** Takes a submission in, or leaves the reason in the record and throws it. The accepted documents again are fine. */
  async submit(documents: unknown): Promise<void> {
    this.name(documents);
    const refusal = this.refusalOf(documents);
    if (refusal !== null) throw this.refuse(refusal);
    const submission = documents as Documents;
    if (this.isAccepted(submission)) return;
    const turn = this.queue.then(() => this.examine(submission));
    this.queue = turn.catch(() => undefined);
    await turn;
  }

  /** Remembers what a submission names, whether it is taken or not. */
  name(documents: unknown): void {
    if (!isObject(documents)) return;
    for (const side of SIDES.map((name) => documents[name])) {
      if (!isObject(side) || typeof side.uri !== 'string' || side.uri.length > LONGEST_URI) continue;
      if (this.named.size < LIMITS.namedDocuments) this.named.add(side.uri);
    }
  }

  /** Looks into the documents that came with the input; there is nobody to ask for others. */
  async inspectInput(documents: Documents): Promise<Submission | Refusal> {
    const result = await this.inspect(documents);
    if (!('code' in result)) this.accept(result);
    return result;
  }

  private async examine(documents: Documents): Promise<void> {
    // An earlier one may have been accepted while this one waited for its turn.
    const early = this.refusalOf(documents);
    if (early !== null) throw this.refuse(early);
    if (this.isAccepted(documents)) return;
    const result = await this.scope.run(() => this.inspect(documents)).catch((error: unknown) => this.tooLate(error));
    const late = this.refusalOf(documents);
    if (late !== null) throw this.refuse(late);
    if ('code' in result) throw this.refuse(result);
    this.awaiting = false;
    this.accept(result);
    this.record.awaitResultFrom(Date.now());
    const isUsable = this.record.usableSession !== null;
    this.record.enter(result.inspected === null ? 'verifying' : isUsable ? 'uploadingDocuments' : 'creatingSession');
  }

  private accept(submission: Submission): void {
    this.accepted = submission;
    count('documentsAccepted', {}, this.record.sides.length);
  }

  private async inspect(documents: Documents): Promise<Submission | Refusal> {
    this.submissions += 1;
    this.submissionsOfWait += 1;
    if (this.submissionsOfWait > LIMITS.submissionsOfWait) {
      const message = `More than ${LIMITS.submissionsOfWait} submissions in one wait; no more are looked into.`;
      return { code: 'InvalidDocuments', message };
    }
    const { front } = documents;
    if ('uploaded' in front) {
      const isCurrent = front.sessionId === this.record.session?.sessionId;
      const message = 'The forms used are not those of the present session: request upload forms and upload again.';
      return isCurrent ? { documents, inspected: null } : { code: 'InvalidDocuments', message };
    }
    const inspection = await this.steps.inspectDocuments(this.submissions, Object.fromEntries(references(documents)));
    if (!inspection.usable) return { code: inspection.code, message: inspection.message };
    if (this.wasRejected(inspection.documents)) {
      const message = 'Notus has rejected these very documents before: submit at least one new photo.';
      return { code: 'AlreadyRejected', message };
    }
    return { documents, inspected: inspection.documents };
  }

  private wasRejected(documents: Inspected): boolean {
    return this.rejected.some((before) =>
      this.record.sides.every((side) => before[side]?.sha256 === documents[side]?.sha256),
    );
  }

  private isAccepted(documents: Documents): boolean {
    const { accepted } = this;
    return accepted !== null && this.record.sides.every((side) => isSameSide(accepted, documents, side));
  }

  private refuse({ code, message }: Refusal): Error {
    // At the end only the outcome's own problem stands, and nothing may go on beside the deletion.
    if (!this.closed) this.record.refuse(code, message);
    count('submissionsRefused', { code });
    return failure(code, message);
  }

  private tooLate(error: unknown): Refusal {
    if (error instanceof ApplicationFailure && error.type === 'ProtocolError') this.fatal = error;
    if (!isCancellation(error) && !(error instanceof DeadlinePassed)) throw error;
    return { code: 'NotAwaitingDocuments', message: 'The wait for documents ended before these were looked into.' };
  }
}

function references(documents: Documents | null): [Side, DocumentReference][] {
  return Object.entries(documents ?? {}).filter((entry): entry is [Side, DocumentReference] => 'uri' in entry[1]);
}

/** The same URI, or the same bytes under another one: a caller who sends a file again has stored it anew. */
function isSameSide({ documents, inspected }: Submission, submitted: Documents, side: Side): boolean {
  const [a, b] = [documents[side], submitted[side]];
  if (a === undefined || b === undefined) return a === b;
  if ('uploaded' in a || 'uploaded' in b) return 'uploaded' in a && 'uploaded' in b && a.sessionId === b.sessionId;
  return b.sha256 === undefined ? a.uri === b.uri : b.sha256.toLowerCase() === inspected?.[side]?.sha256;
}
