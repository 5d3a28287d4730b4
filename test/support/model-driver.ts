import {
  ServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { CancelledFailure, type ApplicationFailure } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { ProblemCode, VerificationOutcome, VerificationStatus } from '../../src/contract';
import { failureOf } from './failure';
import type { Answer, Step } from './fake-activities';
import type { Place, Submitted } from './model-flow';
import { LET_GO, Parking, RETRY_IN } from './model-parking';
import { DOCUMENTS_DEADLINE, MINUTE, RESULT_DEADLINE, type ModelPolicy } from './model-record';
import { isSame, seenOf } from './model-seen';
import { ModelVerification, type Reply } from './model-verification';
import { answerLost, comesBack } from './step-answers';
import type { TestVerification } from './test-verification';
import type { VerificationServer } from './time-skipping';
import { documents, uploadedTo, waiting } from './verification-input';

/** Timers of the server are set a moment after the model's. */
const MARGIN = 300;
/** How long it may take until what is seen is what the model says: a task lost with its worker comes again after 10 s. */
const PATIENCE = 20_000;

/** A verification and its model, moved together and compared after each move. */
export class ModelDriver {
  private before: VerificationStatus | null = null;
  private readonly direct = new Set<string>();
  private replies: { reply: Reply; answer: { is: Promise<string> } }[] = [];

  private constructor(
    private readonly server: VerificationServer,
    private readonly verification: TestVerification,
    private readonly parking: Parking,
    readonly model: ModelVerification,
  ) {}

  static async start(server: VerificationServer, policy: ModelPolicy, input: string | null): Promise<ModelDriver> {
    const parking = new Parking();
    const deadlines = {
      documentsDeadline: `${DOCUMENTS_DEADLINE / MINUTE}m`,
      resultDeadline: `${RESULT_DEADLINE / MINUTE}m`,
    };
    const given = { ...waiting({ ...policy, ...deadlines }), ...(input !== null && { documents: documents(input) }) };
    const verification = await server.start(given, (world) => parking.rule(world));
    const { startTime } = await verification.handle.describe();
    const submitted: Submitted | null = input === null ? null : { kind: 'stored', name: input };
    const model = new ModelVerification(policy, startTime.getTime(), submitted);
    const driver = new ModelDriver(server, verification, parking, model);
    await driver.agree([]);
    return driver;
  }

  /** Answers the attempt that waits there, and tells the model. */
  answer<S extends Step>(place: Place, answer: Answer<S>, foretell: () => void): Promise<void> {
    return this.move(() => {
      this.parking.answer(place, answer);
      foretell();
    });
  }

  /** Brings the attempt that waits there back with an obstacle. */
  obstruct(place: Place, code: ProblemCode): Promise<void> {
    return this.answer(place, comesBack(code, 'In the way.', RETRY_IN), () =>
      this.model.obstructed(place, code, RETRY_IN),
    );
  }

  signal(burst: Submitted[]): Promise<void> {
    return this.move(async () => {
      for (const submitted of burst) {
        await this.verification.signal(this.argumentOf(submitted));
        this.model.submit(submitted, 'signal');
      }
    });
  }

  update(submitted: Submitted): Promise<void> {
    return this.move(async () => {
      const answer = await asks(
        () => this.verification.beginSubmit(this.argumentOf(submitted)),
        () => 'status',
      );
      this.replies.push({ reply: this.model.submit(submitted, 'update'), answer });
    });
  }

  requestForms(): Promise<void> {
    return this.move(async () => {
      const answer = await asks(
        () => this.verification.beginRequestForms(),
        ({ sessionId }) => `forms of ${sessionId}`,
      );
      this.replies.push({ reply: this.model.requestForms(), answer });
    });
  }

  /**
   * Lets go first what nobody will wait for: an attempt that outlives its verification keeps the server from skipping
   * time ever after, and one that ends in the very task that is to cancel it makes that server hang.
   */
  cancel(): Promise<void> {
    return this.move(async () => {
      const { parking, verification } = this;
      const isCreating = parking.places.includes('createSession');
      const others = parking.places.filter((place) => place !== 'createSession');
      parking.abandon((place) => place !== 'createSession');
      await verification.untilFailed(LET_GO, others.length);
      await verification.handle.cancel();
      if (isCreating) await verification.untilEvent('activityTaskCancelRequestedEventAttributes');
      this.model.cancel();
    });
  }

  turnStore(isDown: boolean): void {
    this.parking.storeIsDown = isDown;
    this.model.storeIsDown = isDown;
  }

  /** Makes a worker that caches one verification begin this one again from its history. */
  forget(): Promise<void> {
    return this.move(async () => {
      const other = await this.server.start('no input');
      await other.until(({ stage }) => stage === 'closed');
    });
  }

  restartWorkers(): Promise<void> {
    return this.move(async () => {
      const isCreating = this.parking.places.includes('createSession');
      await this.server.restartWorkers(() => this.parking.loseWorker());
      if (isCreating) this.model.created('lost');
    });
  }

  /** Lets time pass up to an event that puts something in flight, or the end. */
  async pass(milliseconds: number): Promise<void> {
    const { model } = this;
    model.now = await this.verification.now();
    const target = this.clearOfForms(model.now + milliseconds);
    while (!model.closed && model.parked.size === 0 && model.now < target) {
      const before = this.parking.places;
      await this.verification.pass(Math.max(0, Math.min(target, model.nextAt + MARGIN) - model.now));
      await this.agree(before);
    }
  }

  /** Brings it to its end, has its history played once more and compares what was made of it. */
  async finish(): Promise<void> {
    if (this.model.ending === null) await this.cancel();
    if (!this.model.closed) await this.answer('createSession', answerLost, () => this.model.created('lost'));
    await this.forget();
    const { ending, attempts, lastSessionId } = this.model;
    if (ending === null || !this.model.closed) throw new Error('The model has not come to its end.');
    expect(await this.end()).toEqual(
      ending.as === 'cancelled' || ending.as.startsWith('fails:')
        ? ending.as
        : {
            outcome: ending.as,
            problem: ending.problem,
            sessionId: lastSessionId,
            attempts,
            isKnown: ending.as === 'approved' && ending.problem === null,
          },
    );
    this.checkCalls();
    await this.checkTasks();
  }

  /** Holds nothing any more. */
  leave(): void {
    this.parking.abandon();
  }

  private async move(act: () => unknown): Promise<void> {
    this.model.elapse(await this.verification.now());
    const before = this.parking.places;
    await act();
    await this.agree(before);
  }

  /** Waits until what is seen is what the model says; what was in flight and is no more is let go. */
  private async agree(before: readonly Place[]): Promise<void> {
    const { model, parking } = this;
    const giveUpAt = Date.now() + PATIENCE;
    for (;;) {
      model.elapse(await this.verification.now());
      parking.abandon((place) => before.includes(place) && !model.parked.has(place));
      const status = await this.verification.status();
      const seen = { ...seenOf(status), flights: parking.flights };
      const foretold = { ...model.foretold(), flights: model.flights };
      if (isSame(seen, foretold)) {
        this.checkCounters(status);
        model.setDeadlines(seen);
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
    for (const { reply, answer } of due) expect(reply.oneOf).toContain(await answer.is);
  }

  /** No create beyond the limit, and no session processed before all sides were sent to it. */
  private checkCalls(): void {
    const { calls } = this.verification.world;
    const creates = calls.filter(({ step }) => step === 'createSession').map(({ activityId }) => activityId);
    expect(new Set(creates).size).toBeLessThanOrEqual(this.model.policy.maxSessions);
    calls.forEach((call, index) => {
      if (!('sessionId' in call.args) || this.direct.has(call.args.sessionId)) return;
      const { sessionId } = call.args;
      const forms = calls.slice(0, index).flatMap(({ args }) => ('form' in args ? [[args.side, args.form.url]] : []));
      const url = `https://forms.example/${sessionId}`;
      expect(forms).toEqual(
        expect.arrayContaining([
          ['front', url],
          ['back', url],
        ]),
      );
    });
  }

  private async checkTasks(): Promise<void> {
    const failed = await this.verification.failedTasks();
    const causes = failed.map((event) => event.workflowTaskFailedEventAttributes?.cause);
    expect(causes.filter((cause) => cause !== CAME_MEANWHILE)).toEqual([]);
  }

  private async end(): Promise<unknown> {
    const { handle } = this.verification;
    const { as } = this.model.ending ?? { as: null };
    if (as === 'cancelled' || as?.startsWith('fails:')) {
      const { cause } = await failureOf(WorkflowFailedError, handle.result());
      return cause instanceof CancelledFailure ? 'cancelled' : `fails:${(cause as ApplicationFailure).type}`;
    }
    const { outcome, problem, sessionId, attempts, individualId } = (await handle.result()) as VerificationOutcome;
    return {
      outcome,
      problem: problem?.code ?? null,
      sessionId,
      attempts: attempts.map((attempt) => ({ sessionId: attempt.sessionId, outcome: attempt.outcome })),
      isKnown: individualId !== null,
    };
  }

  /** Forms are not looked at in the seconds in which the model can't tell whether they still last. */
  private clearOfForms(target: number): number {
    const { session } = this.model;
    const edges = session === null ? [] : [session.formsExpireAt - 2 * MINUTE, session.formsExpireAt - 5_000];
    const near = edges.find((edge) => Math.abs(edge - target) < 10_000);
    return near === undefined ? target : near + 12_000;
  }

  private argumentOf(submitted: Submitted): unknown {
    if (submitted.kind === 'stored') return documents(submitted.name);
    if (submitted.kind === 'malformed') return { front: { uri: 7 } };
    this.direct.add(submitted.sessionId);
    return uploadedTo(submitted.sessionId);
  }
}

/** A message that comes while the last task runs makes the server ask once more; that is no failure of the workflow. */
const CAME_MEANWHILE = temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

/** Settles once the verification sees to an update, with what will answer it: something told of a result, or a refusal's type. */
async function asks<T>(
  begin: () => Promise<WorkflowUpdateHandle<T>>,
  tell: (result: T) => string,
): Promise<{ is: Promise<string> }> {
  try {
    const update = await begin();
    return { is: update.result().then(tell).catch(refusal) };
  } catch (error) {
    // A worker that goes may take an update with it; as callers should, ask again: the same again changes nothing.
    const isLost = error instanceof ServiceError || refusal(error) === 'UnprocessedUpdate';
    return isLost ? asks(begin, tell) : { is: Promise.resolve(refusal(error)) };
  }
}

function refusal(error: unknown): string {
  if (!(error instanceof WorkflowUpdateFailedError)) return String(error);
  return (error.cause as ApplicationFailure).type ?? '';
}
