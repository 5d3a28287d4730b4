import { defaultPayloadConverter, type ApplicationFailure, type Duration, type Payload } from '@temporalio/common';
import {
  QueryNotRegisteredError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  type WorkflowHandle,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  DOCUMENTS_SUBMITTED,
  QUERY_AHEAD,
  REQUEST_UPLOAD_FORMS,
  SEARCH_ATTRIBUTES,
  STATUS,
  SUBMIT_DOCUMENTS,
  type UploadForms,
  type VerificationOutcome,
  type VerificationStatus,
} from '../../src/contract';
import { failureOf } from './failure';
import type { FakeWorld } from './fake-activities';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** A running verification, as its callers and operators see it, with the world it runs in. */
export class TestVerification {
  constructor(
    private readonly env: TestWorkflowEnvironment,
    readonly handle: WorkflowHandle,
    readonly world: FakeWorld,
  ) {}

  /** Asked again while the worker refuses it, as callers should. */
  async status(tries = 200): Promise<VerificationStatus> {
    try {
      return await this.handle.query(STATUS);
    } catch (error) {
      const isAhead = error instanceof QueryNotRegisteredError && error.message === QUERY_AHEAD;
      if (!isAhead || tries <= 1) throw error;
      return this.status(tries - 1);
    }
  }

  /** What the Temporal UI shows an operator at the moment. */
  async details(): Promise<string> {
    const { currentDetails } = await this.handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return currentDetails ?? '';
  }

  /** The first status that fits, without time being skipped for it. */
  until(fits: (status: VerificationStatus) => boolean): Promise<VerificationStatus> {
    return patiently(() => this.status(), fits);
  }

  /** Ready for documents: the session is open. */
  untilAwaiting(): Promise<VerificationStatus> {
    return this.until(({ stage }) => stage === 'awaitingDocuments');
  }

  untilProblem(code: string | null): Promise<VerificationStatus> {
    return this.until(({ problem }) => (problem?.code ?? null) === code);
  }

  submit(documents: unknown): Promise<VerificationStatus> {
    return this.handle.executeUpdate(SUBMIT_DOCUMENTS, { args: [documents] });
  }

  /** The same, as soon as the verification has begun to see to it. */
  beginSubmit(documents: unknown): Promise<WorkflowUpdateHandle<VerificationStatus>> {
    const options = { args: [documents] as [unknown], waitForStage: 'ACCEPTED' as const };
    return this.handle.startUpdate<VerificationStatus, [unknown]>(SUBMIT_DOCUMENTS, options);
  }

  signal(...args: unknown[]): Promise<void> {
    return this.handle.signal(DOCUMENTS_SUBMITTED, ...args);
  }

  /** A signal whose argument no converter knows. */
  async signalUndecodable(payload: Payload): Promise<void> {
    await this.env.connection.workflowService.signalWorkflowExecution({
      namespace: this.env.namespace ?? 'default',
      workflowExecution: { workflowId: this.handle.workflowId },
      signalName: DOCUMENTS_SUBMITTED,
      input: { payloads: [payload] },
    });
  }

  requestForms(): Promise<UploadForms> {
    return this.handle.executeUpdate(REQUEST_UPLOAD_FORMS);
  }

  /** The same, as soon as the verification has begun to see to it. */
  beginRequestForms(): Promise<WorkflowUpdateHandle<UploadForms>> {
    return this.handle.startUpdate<UploadForms, []>(REQUEST_UPLOAD_FORMS, { waitForStage: 'ACCEPTED' });
  }

  /** Lets that much time pass on the server. */
  async pass(time: Duration): Promise<void> {
    await this.env.sleep(time);
  }

  /** The server's clock in milliseconds since the epoch. */
  now(): Promise<number> {
    return this.env.currentTimeMs();
  }

  /** The result, with time skipped up to it. */
  outcome(): Promise<VerificationOutcome> {
    return this.handle.result() as Promise<VerificationOutcome>;
  }

  /** What the verification fails with: the cause as Temporal tells it. */
  async failure(): Promise<ApplicationFailure> {
    const { cause } = await failureOf(WorkflowFailedError, this.handle.result());
    return cause as ApplicationFailure;
  }

  async events(): Promise<HistoryEvent[]> {
    const { events } = await this.handle.fetchHistory();
    return events ?? [];
  }

  /** The workflow tasks that failed; there must be none, whatever callers send. */
  async failedTasks(): Promise<HistoryEvent[]> {
    return (await this.events()).filter((event) => event.workflowTaskFailedEventAttributes);
  }

  /** Settles once so many activities wait to be tried again after that failure. */
  async untilFailed(message: string, count: number): Promise<void> {
    await patiently(
      async () => (await this.handle.describe()).raw.pendingActivities ?? [],
      (pending) => pending.filter(({ lastFailure }) => lastFailure?.message === message).length >= count,
    );
  }

  /** How many events of that kind the history holds. */
  async count(attributes: keyof HistoryEvent): Promise<number> {
    return (await this.events()).filter((event) => event[attributes]).length;
  }

  /** Settles once the history holds an event of that kind. */
  async untilEvent(attributes: keyof HistoryEvent): Promise<void> {
    await patiently(
      () => this.events(),
      (events) => events.some((event) => event[attributes]),
    );
  }

  /** What the search attributes read after each change, in the order of the contract. */
  async searchAttributes(): Promise<(string | null)[][]> {
    const values: Record<string, string | null> = {};
    const changes = (await this.events()).flatMap(
      (event) => event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields ?? [],
    );
    return changes.map((change) => {
      for (const [name, payload] of Object.entries(change as Record<string, Payload>)) values[name] = keyword(payload);
      return SEARCH_ATTRIBUTES.map((name) => values[name] ?? null);
    });
  }

  /** Milliseconds between the start and the end, by the server's clock. */
  async lifetime(): Promise<number> {
    const { startTime, closeTime } = await this.handle.describe();
    return (closeTime?.getTime() ?? NaN) - startTime.getTime();
  }

  async terminate(): Promise<void> {
    await this.handle.terminate().catch(() => undefined);
  }
}

/** The type of the refusal that an update is answered with. */
export async function refusalOf(update: Promise<unknown>): Promise<{ type: string; message: string }> {
  const { cause } = await failureOf(WorkflowUpdateFailedError, update);
  const { type, message } = cause as ApplicationFailure;
  return { type: type ?? '', message };
}

/** Looks again and again, a call to the server each, for as long as a busy machine may take. */
async function patiently<T>(look: () => Promise<T>, fits: (seen: T) => boolean): Promise<T> {
  const giveUpAt = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (fits(seen)) return seen;
    if (Date.now() > giveUpAt) throw new Error(`It stays ${JSON.stringify(seen)}.`);
  }
}

function keyword(payload: Payload): string | null {
  const value = defaultPayloadConverter.fromPayload<string | string[] | null>(payload);
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
