import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { CancelledFailure, type ApplicationFailure } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { VerificationOutcome, VerificationStatus } from '../../src/contract';
import { failureOf } from './failure';
import type { Answer, Step } from './fake-activities';
import type { Place, Submitted } from './model-flow';
import { Parking } from './model-parking';
import { DOCUMENTS_DEADLINE, MINUTE, RESULT_DEADLINE, type Foretold, type ModelPolicy } from './model-record';
import { ModelVerification, type Reply } from './model-verification';
import { answerLost } from './step-answers';
import type { TestVerification } from './test-verification';
import type { TimeSkippingServer } from './time-skipping';
import { documents, uploadedTo, waiting } from './verification-input';

const SIGNAL_CAME_MEANWHILE =
  temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

/** Timers of the server are set a moment after the model's. */
const MARGIN = 300;
const PATIENCE = 8_000;

/** A verification and its model, moved together and compared after each move. */
export class ModelDriver {
  private before: VerificationStatus | null = null;
  private replies: { reply: Reply; answer: Promise<string> }[] = [];

  private constructor(
    private readonly verification: TestVerification,
    private readonly parking: Parking,
    readonly model: ModelVerification,
  ) {}

  static async start(server: TimeSkippingServer, policy: ModelPolicy, input: string | null): Promise<ModelDriver> {
    const parking = new Parking();
    const texts = {
      documentsDeadline: `${DOCUMENTS_DEADLINE / MINUTE}m`,
      resultDeadline: `${RESULT_DEADLINE / MINUTE}m`,
    };
    const given = { ...waiting({ ...policy, ...texts }), ...(input !== null && { documents: documents(input) }) };
    const verification = await server.start(given, (world) => parking.rule(world));
    const { startTime } = await verification.handle.describe();
    const submitted: Submitted | null = input === null ? null : { kind: 'stored', name: input };
    const model = new ModelVerification(policy, startTime.getTime(), submitted);
    const driver = new ModelDriver(verification, parking, model);
    await driver.agree([]);
    return driver;
  }

  async answer<S extends Step>(place: Place, answer: Answer<S>, foretell: () => void): Promise<void> {
    await this.move(() => this.parking.answer(place, answer), foretell);
  }

  async signal(burst: Submitted[]): Promise<void> {
    await this.move(
      async () => {
        for (const submitted of burst) await this.verification.signal(argumentOf(submitted));
      },
      () => burst.forEach((submitted) => this.model.submit(submitted, 'signal')),
    );
  }

  async update(submitted: Submitted): Promise<void> {
    await this.move(
      () => undefined,
      () => {
        const answer = answerOf(this.verification.submit(argumentOf(submitted)).then(() => 'status'));
        this.replies.push({ reply: this.model.submit(submitted, 'update'), answer });
      },
    );
  }

  async requestForms(): Promise<void> {
    await this.move(
      () => undefined,
      () => {
        const answer = answerOf(this.verification.requestForms().then(({ sessionId }) => `forms of ${sessionId}`));
        this.replies.push({ reply: this.model.requestForms(), answer });
      },
    );
  }

  async cancel(): Promise<void> {
    await this.move(
      async () => void (await this.verification.handle.cancel()),
      () => this.model.cancel(),
    );
  }

  turnStore(isDown: boolean): void {
    this.parking.storeIsDown = isDown;
    this.model.storeIsDown = isDown;
  }

  /** Lets time pass up to an event that puts something in flight, or the end. */
  async pass(milliseconds: number): Promise<void> {
    const { model } = this;
    model.now = await this.verification.now();
    const target = this.clearOfForms(model.now + milliseconds);
    while (!model.closed && model.parked.size === 0 && model.now < target) {
      const before = this.parking.places;
      await this.verification.pass(Math.min(target, model.nextAt + MARGIN) - model.now);
      model.elapse(await this.verification.now());
      model.settle();
      await this.agree(before);
    }
  }

  /** Brings it to its end and gives what was made of it. */
  async finish(): Promise<void> {
    if (this.model.ending === null) await this.cancel();
    if (!this.model.closed) await this.answer('createSession', answerLost, () => this.model.created('lost'));
    const { handle } = this.verification;
    const { ending, attempts } = this.model;
    if (ending === null || !this.model.closed) throw new Error('The model has not come to its end.');
    if (ending.as === 'cancelled' || ending.as.startsWith('fails:')) {
      const { cause } = await failureOf(WorkflowFailedError, handle.result());
      const how = cause instanceof CancelledFailure ? 'cancelled' : `fails:${(cause as ApplicationFailure).type}`;
      expect(how).toBe(ending.as);
    } else {
      const outcome = (await handle.result()) as VerificationOutcome;
      expect({
        outcome: outcome.outcome,
        problem: outcome.problem?.code ?? null,
        sessionId: outcome.sessionId,
        attempts: outcome.attempts.map(({ sessionId, outcome: how }) => ({ sessionId, outcome: how })),
        isKnown: outcome.individualId !== null,
      }).toEqual({
        outcome: ending.as,
        problem: ending.problem,
        sessionId: this.model.lastSessionId,
        attempts,
        isKnown: ending.as === 'approved' && ending.problem === null,
      });
    }
    expect(new Set(attempts.map(({ sessionId }) => sessionId)).size).toBe(attempts.length);
    const failed = (await this.verification.failedTasks()).map(
      (event) => event.workflowTaskFailedEventAttributes?.cause,
    );
    // A signal that comes while the last task runs makes the server ask once more; that is no failure of the workflow.
    expect(failed.filter((cause) => cause !== SIGNAL_CAME_MEANWHILE)).toEqual([]);
  }

  /** Holds nothing any more. */
  leave(): void {
    this.parking.abandon(() => true);
  }

  private async move(really: () => unknown, foretell: () => void): Promise<void> {
    this.model.elapse(await this.verification.now());
    const before = this.parking.places;
    await really();
    foretell();
    this.model.settle();
    await this.agree(before);
  }

  /** Waits until what is seen is what the model says; what was in flight and is no more is let go. */
  private async agree(before: readonly string[]): Promise<void> {
    const { model, parking } = this;
    const giveUpAt = Date.now() + PATIENCE;
    for (;;) {
      const flights = [...model.parked].sort();
      parking.abandon((place) => before.includes(place) && !flights.includes(place as Place));
      const status = await this.verification.status();
      const seen = { ...shown(status), flights: parking.places };
      const foretold = { ...model.foretold(), flights };
      if (isSame(seen, foretold)) {
        this.checkCounters(status);
        model.documentsDeadline = seen.documentsDeadline ?? model.documentsDeadline;
        model.resultDeadline = seen.resultDeadline ?? model.resultDeadline;
        return this.checkReplies();
      }
      if (Date.now() > giveUpAt) expect(seen).toEqual(foretold);
    }
  }

  private checkCounters(status: VerificationStatus): void {
    const { before, model } = this;
    expect(status.sessionsCreated + status.possibleOrphanSessions).toBeLessThanOrEqual(model.policy.maxSessions);
    for (const counter of ['attempt', 'sessionsCreated', 'possibleOrphanSessions'] as const) {
      expect(status[counter]).toBeGreaterThanOrEqual(before?.[counter] ?? 0);
    }
    this.before = status;
  }

  private async checkReplies(): Promise<void> {
    const due = this.replies.filter(({ reply }) => reply.oneOf !== null);
    this.replies = this.replies.filter(({ reply }) => reply.oneOf === null);
    for (const { reply, answer } of due) expect(reply.oneOf).toContain(await answer);
  }

  /** Forms are not looked at in the seconds in which the model can't tell whether they still last. */
  private clearOfForms(target: number): number {
    const { session } = this.model;
    const edges = session === null ? [] : [session.formsExpireAt - 2 * MINUTE, session.formsExpireAt - 5_000];
    const near = edges.find((edge) => Math.abs(edge - target) < 10_000);
    return near === undefined ? target : near + 12_000;
  }
}

function argumentOf(submitted: Submitted): unknown {
  if (submitted.kind === 'stored') return documents(submitted.name);
  return submitted.kind === 'uploaded' ? uploadedTo(submitted.sessionId) : { front: { uri: 7 } };
}

function answerOf(update: Promise<string>): Promise<string> {
  return update.catch((error: unknown) => {
    if (!(error instanceof WorkflowUpdateFailedError)) return String(error);
    return (error.cause as ApplicationFailure).type ?? '';
  });
}

function shown(status: VerificationStatus): Foretold {
  const { stage, attempt, sessionId, notusStatus, sessionsCreated, possibleOrphanSessions, outcome } = status;
  const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));
  return {
    ...{ stage, attempt, sessionId, notusStatus, sessionsCreated, possibleOrphanSessions, outcome },
    problem: status.problem?.code ?? null,
    documentsDeadline: instant(status.documentsDeadline),
    resultDeadline: instant(status.resultDeadline),
    formsExpireAt: instant(status.formsExpireAt),
  };
}

/** Instants may differ by what the server took to get there. */
function isSame(seen: object, foretold: object): boolean {
  const told = new Map(Object.entries(foretold));
  return Object.entries(seen).every(([key, value]: [string, unknown]) => {
    const other: unknown = told.get(key);
    if (typeof value === 'number' && typeof other === 'number' && /Deadline|Expire/.test(key)) {
      return Math.abs(value - other) < 5_000;
    }
    return JSON.stringify(value) === JSON.stringify(other);
  });
}
