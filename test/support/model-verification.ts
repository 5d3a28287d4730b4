import type { ProblemCode } from '../../src/contract';
import { ModelFlow, type Submitted } from './model-flow';
import { MINUTE, type ModelPolicy } from './model-record';

/** How a caller's update is to be answered: by one of these, once the model knows. */
export interface Reply {
  oneOf: string[] | null;
}

/** What the contract promises of a verification and of its callers, as a machine that only events move. */
export class ModelVerification extends ModelFlow {
  storeIsDown = false;
  private forms: Reply[] = [];
  /** Submissions that are looked into one after the other. */
  private queue: { submitted: Submitted; reply: Reply }[] = [];

  constructor(policy: ModelPolicy, startedAt: number, input: Submitted | null) {
    super(policy);
    this.now = startedAt;
    if (input === null) {
      this.awaitDocuments();
      return;
    }
    this.isInput = true;
    this.accepted = input;
    this.awaitResultFrom(startedAt);
    if (isUnusable(input)) this.fail('DocumentUnusable');
    else this.decide();
  }

  submit(submitted: Submitted, by: 'signal' | 'update'): Reply {
    const reply: Reply = { oneOf: null };
    const refusal = this.refusalOf(submitted);
    if (refusal !== null) {
      if (by === 'signal') this.refuse(refusal);
      reply.oneOf = [refusal];
    } else if (this.isAccepted(submitted)) reply.oneOf = ['status'];
    else {
      this.queue.push({ submitted, reply });
      if (this.queue.length === 1) this.examine();
    }
    return reply;
  }

  /** The documents at the head of the queue were read at last. */
  inspected(): void {
    this.parked.delete('inspectDocuments');
    const [head] = this.queue;
    if (head !== undefined) this.answer(head, this.refusalOf(head.submitted));
    this.examine();
  }

  requestForms(): Reply {
    const reply: Reply = { oneOf: null };
    if (!this.awaiting) reply.oneOf = ['NotAwaitingDocuments'];
    else if (this.formsOutlive(2 * MINUTE)) reply.oneOf = [`forms of ${this.session?.sessionId}`];
    else if (!this.opening && this.sessionsLeft <= 0) reply.oneOf = ['SessionsExhausted'];
    else {
      this.forms.push(reply);
      this.after(`forms-${this.now}`, MINUTE, () => {
        reply.oneOf ??= ['NotusUnavailable'];
      });
      if (!this.opening) {
        this.session = null;
        this.open();
      }
    }
    return reply;
  }

  override elapse(now: number): void {
    super.elapse(now);
    this.settle();
  }

  /** Answers callers whose wait an event has ended. */
  private settle(): void {
    if (this.ending !== null) {
      for (const { reply } of this.queue) reply.oneOf ??= ['NotAwaitingDocuments'];
      this.queue = [];
    }
    for (const reply of this.forms) {
      if (this.ending?.as.startsWith('fails:')) reply.oneOf ??= NO_FORMS;
      else if (!this.awaiting) reply.oneOf ??= ['NotAwaitingDocuments'];
      else if (this.formsOutlive(2 * MINUTE)) reply.oneOf ??= [`forms of ${this.session?.sessionId}`];
      else if (!this.opening) reply.oneOf ??= [this.sessionsLeft <= 0 ? 'SessionsExhausted' : 'NotusUnavailable'];
    }
    this.forms = this.forms.filter(({ oneOf }) => oneOf === null);
  }

  private examine(): void {
    for (let head = this.queue[0]; head !== undefined; head = this.queue[0]) {
      const early = this.refusalOf(head.submitted);
      if (early === null && head.submitted.kind === 'stored' && this.storeIsDown && !this.isAccepted(head.submitted)) {
        return void this.parked.add('inspectDocuments');
      }
      this.answer(head, early);
    }
  }

  private answer({ submitted, reply }: { submitted: Submitted; reply: Reply }, early: ProblemCode | null): void {
    this.obstacles.delete('inspectDocuments');
    this.queue.shift();
    const refusal = early ?? (this.isAccepted(submitted) ? null : this.verdictOn(submitted));
    if (refusal !== null) {
      this.refuse(refusal);
      reply.oneOf = [refusal];
      return;
    }
    reply.oneOf = ['status'];
    if (this.isAccepted(submitted)) return;
    this.awaiting = false;
    this.accepted = submitted;
    this.awaitResultFrom(this.now);
    this.decide();
  }

  private verdictOn(submitted: Submitted): ProblemCode | null {
    if (submitted.kind === 'uploaded') {
      return submitted.sessionId === this.session?.sessionId ? null : 'InvalidDocuments';
    }
    if (isUnusable(submitted)) return 'DocumentUnusable';
    return submitted.kind === 'stored' && this.rejectedNames.has(submitted.name) ? 'AlreadyRejected' : null;
  }

  private refusalOf(submitted: Submitted): ProblemCode | null {
    if (submitted.kind === 'malformed') return 'InvalidDocuments';
    return this.awaiting || this.isAccepted(submitted) ? null : 'NotAwaitingDocuments';
  }

  private isAccepted(submitted: Submitted): boolean {
    return this.accepted !== null && JSON.stringify(this.accepted) === JSON.stringify(submitted);
  }

  private refuse(code: ProblemCode): void {
    if (this.ending === null || this.endsLater) this.refusal = code;
  }
}

/** While a verification fails, whoever waits for forms may be told the one or the other. */
const NO_FORMS = ['NotAwaitingDocuments', 'SessionsExhausted', 'NotusUnavailable'];

const isUnusable = (submitted: Submitted): boolean => submitted.kind === 'stored' && submitted.name === 'bad';
