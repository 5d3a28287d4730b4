import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/common';
import {
  DocumentsRefusedError,
  VerificationClosedError,
  type DocumentReference,
  type KycClient,
  type VerificationHandle,
  type VerificationStatus,
} from '../src/client';
import { DOCUMENTS_SUBMITTED, requiredSides, type Side, type VerificationInput } from '../src/contract';
import type { DocumentStore } from '../src/documents/store';
import { jpegImage } from '../test/support/images';
import { GRPC, grpcCode } from '../src/client/temporal-calls';
import { answerOf, type Answer } from './answer';
import { signalNonsense } from './nonsense';
import { persist } from './persistence';
import type { PlannedVerification } from './plan';

const PHOTO_BYTES = 60_000;
const MAX_BYTES = 26_214_400;
const SIGNAL_WITHIN_MS = 5_000;

type References = NonNullable<VerificationInput['documents']>;

/** The SHA-256 of each side that was submitted, in hex. */
export type Digests = Partial<Record<Side, string>>;

/** What became of a verification, as its callers saw it. */
export interface Lived {
  planned: PlannedVerification;
  /** What its applicant submitted, attempt by attempt. */
  submitted: Digests[];
  /** What the caller who waited from the start got; null when nothing came in time. */
  answer: Answer | null;
}

/** The callers of one verification: one starts it and waits, the applicant submits, others send what they should not. */
export class Applicant {
  private readonly submitted: Digests[] = [];
  /** Documents in the store that the verification was never told of, and so can't delete. */
  private readonly untold = new Set<string>();
  private readonly verification: VerificationHandle;

  constructor(
    private readonly planned: PlannedVerification,
    private readonly kyc: KycClient,
    private readonly store: DocumentStore,
    private readonly signal: AbortSignal,
  ) {
    this.verification = kyc.get(planned.id);
  }

  async live(): Promise<Lived> {
    const { planned, submitted, signal } = this;
    let answer: Answer | null = null;
    try {
      const first = planned.case.submissions === 0 ? null : await this.photograph(1);
      const documents = planned.way === 'input' && first !== null ? { documents: first } : {};
      const input: VerificationInput = { ...this.input(), ...documents };
      await persist(() => this.kyc.start(planned.id, input), signal);
      this.nowTold(input.documents);
      const waiting = answerOf(this.verification.outcome({ signal })).then((got) => (answer = got));
      await Promise.all([waiting, this.submit(first), this.disturb(), this.cancel()]);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    for (const uri of this.untold) await this.store.delete(uri);
    return { planned, submitted, answer };
  }

  private input(): VerificationInput {
    const { documentId, documentCategory, case: one } = this.planned;
    const person = { firstName: 'Ana', lastName: 'Exemplo', birthDate: '15/01/1990' };
    const document = { documentCategory, documentId, documentCountry: 'BRAZIL', livenessRequired: false };
    return { request: { ...person, ...document }, policy: { maxSessions: 20, ...one.policy } };
  }

  private async submit(first: References | null): Promise<void> {
    const { submitAfterMs, duplicatesAfterMs, way } = this.planned;
    if (first === null) return;
    await Promise.all([
      ...duplicatesAfterMs.map((afterMs) => this.after(afterMs, () => this.signalDocuments(first))),
      this.submitEach(way === 'input' ? null : () => this.after(submitAfterMs, () => this.hand(first))),
    ]);
  }

  private async submitEach(submitFirst: (() => Promise<void>) | null): Promise<void> {
    const { lateAfterMs, case: one } = this.planned;
    await submitFirst?.();
    if (lateAfterMs !== null) {
      await this.until(({ stage }) => stage === 'verifying' || stage === 'closed');
      await this.after(lateAfterMs, async () => this.signalDocuments(await this.photograph(null)));
    }
    for (let attempt = 2; attempt <= (one.submissions ?? 1); attempt++) {
      // Where a lost create took the first session of the person, the second one approves at once.
      const { stage } = await this.until((now) => now.stage === 'closed' || now.attempt === attempt);
      if (stage !== 'closed') await this.hand(await this.photograph(attempt));
    }
  }

  private async hand(documents: References): Promise<void> {
    if (this.planned.way !== 'update') return this.signalDocuments(documents);
    try {
      await persist(() => this.verification.submitDocuments(documents), this.signal);
      this.nowTold(documents);
    } catch (error) {
      if (!(error instanceof DocumentsRefusedError)) throw error;
    }
  }

  private async signalDocuments(documents: References): Promise<void> {
    const told = await this.told((workflow) => workflow.signal(DOCUMENTS_SUBMITTED, documents));
    if (told) this.nowTold(documents);
  }

  private nowTold(documents: References | undefined): void {
    for (const { uri } of Object.values(documents ?? {})) this.untold.delete(uri);
  }

  private async disturb(): Promise<void> {
    const { id, nonsense } = this.planned;
    await Promise.all(
      nonsense.map(({ afterMs, number }) =>
        this.after(afterMs, () => this.told(() => signalNonsense(this.kyc, id, number))),
      ),
    );
  }

  private async cancel(): Promise<void> {
    if (this.planned.case.ending !== 'cancelled') return;
    await this.after(this.planned.cancelAfterMs, async () => {
      await persist(() => this.verification.cancel(), this.signal).catch((error: unknown) => {
        if (!(error instanceof VerificationClosedError)) throw error;
      });
    });
  }

  private async photograph(attempt: number | null): Promise<References> {
    const { id, documentCategory } = this.planned;
    const digests: Digests = {};
    const references: Partial<Record<Side, DocumentReference>> = {};
    for (const side of requiredSides(documentCategory)) {
      const seed = createHash('sha256').update(`${id} ${attempt} ${side}`).digest().readUInt32BE();
      const { uri, sha256 } = await this.store.put(id, jpegImage({ seed, bytes: PHOTO_BYTES }), MAX_BYTES);
      this.untold.add(uri);
      references[side] = { uri, sha256 };
      digests[side] = sha256;
    }
    if (attempt !== null) this.submitted.push(digests);
    return references as References;
  }

  private async after<T>(ms: number, work: () => Promise<T>): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal });
    await work();
  }

  /** Gives false when there is nobody any more to be told. */
  private async told(tell: (workflow: ReturnType<typeof this.workflow>) => Promise<void>): Promise<boolean> {
    const once = (): Promise<void> =>
      this.kyc.temporal.withDeadline(Date.now() + SIGNAL_WITHIN_MS, () => tell(this.workflow()));
    try {
      await persist(once, this.signal);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  private workflow(): ReturnType<KycClient['temporal']['workflow']['getHandle']> {
    return this.kyc.temporal.workflow.getHandle(this.planned.id);
  }

  private until(holds: (status: VerificationStatus) => boolean): Promise<VerificationStatus> {
    return persist(async () => {
      for await (const status of this.verification.watch({ signal: this.signal })) {
        if (holds(status)) return status;
      }
      return this.verification.status();
    }, this.signal);
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC.notFound;
}
