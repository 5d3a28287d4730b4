import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { activityInfo } from '@temporalio/activity';
import type { DocumentActivities, NotusActivities } from '../../src/activities';
import type { OpenedSession, SessionForm } from '../../src/activities/create-session';
import type { InspectedDocument } from '../../src/activities/inspect-documents';
import type { Side } from '../../src/contract';

export type Activities = NotusActivities & DocumentActivities;
export type Step = keyof Activities;
export type ArgsOf<S extends Step> = Parameters<Activities[S]>[0];
export type ResultOf<S extends Step> = Awaited<ReturnType<Activities[S]>>;

/** What a scripted answer may know of the attempt it answers. */
export interface Attempt {
  activityId: string;
  attempt: number;
  isLocal: boolean;
  /** Milliseconds since the epoch, in the server's virtual time, at which the attempt began. */
  at: number;
  /** Lets virtual time pass while the attempt is in flight, its worker being seen to live. */
  pass(milliseconds: number): Promise<void>;
}

export interface Call<S extends Step = Step> extends Omit<Attempt, 'pass'> {
  step: S;
  args: ArgsOf<S>;
}

/** How one attempt ends: a result, or what it throws. */
export type Answer<S extends Step> = (args: ArgsOf<S>, attempt: Attempt) => ResultOf<S> | Promise<ResultOf<S>>;

/** The clock of the time-skipping server, as an activity in flight sees it. */
export interface VirtualClock {
  now(): Promise<number>;
  pass(milliseconds: number): Promise<void>;
  beat(taskToken: Uint8Array): Promise<void>;
}

const FORM_LIFE = 10 * 60_000;
const BEAT_EVERY = 4_000;

/**
 * Notus, its upload storage and the document store of one verification, as far as the workflow can see them. Each step
 * gives the answers queued for it in order, then always its last word: at first that all goes well.
 */
export class FakeWorld {
  readonly calls: Call[] = [];
  private readonly queued = new Map<Step, Answer<Step>[]>();
  private readonly standing = new Map<Step, Answer<Step>>(Object.entries(ALL_IS_WELL) as [Step, Answer<Step>][]);

  /** Queues answers for the next attempts of a step. */
  next<S extends Step>(step: S, ...answers: Answer<S>[]): this {
    this.queued.set(step, [...(this.queued.get(step) ?? []), ...(answers as Answer<Step>[])]);
    return this;
  }

  /** Sets the answer to every attempt that has none queued. */
  always<S extends Step>(step: S, answer: Answer<S>): this {
    this.standing.set(step, answer);
    return this;
  }

  callsOf<S extends Step>(step: S): Call<S>[] {
    return this.calls.filter((call): call is Call<S> => call.step === step);
  }

  /** The names of the steps in the order of their attempts, uploads and deletions among them. */
  get story(): string[] {
    return this.calls.map(({ step, activityId, isLocal }) => (isLocal ? step : activityId));
  }

  async answer<S extends Step>(step: S, args: ArgsOf<S>, clock: VirtualClock): Promise<ResultOf<S>> {
    const { activityId, attempt, isLocal, taskToken } = activityInfo();
    const call = { step, args, activityId, attempt, isLocal, at: await clock.now() };
    this.calls.push(call);
    const given = this.queued.get(step)?.shift() ?? this.standing.get(step);
    const pass = async (milliseconds: number): Promise<void> => {
      for (let left = milliseconds; left > 0; left -= BEAT_EVERY) {
        await clock.pass(Math.min(left, BEAT_EVERY));
        await clock.beat(taskToken);
      }
    };
    return (await given?.(args, { activityId, attempt, isLocal, at: call.at, pass })) as ResultOf<S>;
  }
}

/** Activities that ask the world of the verification they belong to. */
export function fakeActivities(worldOf: (verificationId: string) => FakeWorld, clock: VirtualClock): Activities {
  const step =
    <S extends Step>(name: S) =>
    (args: ArgsOf<S>): Promise<ResultOf<S>> =>
      worldOf(activityInfo().workflowExecution?.workflowId ?? '').answer(name, args, clock);
  return {
    createSession: step('createSession'),
    findNotus: step('findNotus'),
    pollResult: step('pollResult'),
    inspectDocuments: step('inspectDocuments'),
    uploadDocument: step('uploadDocument'),
    deleteDocuments: step('deleteDocuments'),
  };
}

const ALL_IS_WELL: { [S in Step]: Answer<S> } = {
  createSession: (_args, { activityId, at }) => openedSession(activityId, at + FORM_LIFE),
  findNotus: () => undefined,
  inspectDocuments: everyDocumentIsGood,
  uploadDocument: () => ({ kind: 'uploaded' }),
  pollResult: () => ({ kind: 'completed', individualId: 'ind_1', individualIdMissing: false }),
  deleteDocuments: () => undefined,
};

/** The session that the create of that activity id opens: `session-1` for `create-session-1`. */
export function openedSession(activityId: string, formsExpireAt: number): OpenedSession {
  const sessionId = activityId.replace('create-', '');
  const form = (side: Side): SessionForm => ({
    url: `https://forms.example/${sessionId}`,
    fields: { key: side },
    maxBytes: 26_214_400,
  });
  return { sessionId, status: 'PENDING', front: form('front'), back: form('back'), formsExpireAt };
}

/** Finds every document usable. */
export function everyDocumentIsGood({ references }: ArgsOf<'inspectDocuments'>): ResultOf<'inspectDocuments'> {
  const good = Object.entries(references).map(([side, { uri }]): [string, InspectedDocument] => [
    side,
    { uri, sha256: bytesOf(uri), size: 1_000, type: 'image/jpeg' },
  ]);
  return { usable: true, documents: Object.fromEntries(good) };
}

/** Files of one name hold the same bytes in every folder. */
export function bytesOf(uri: string): string {
  return createHash('sha256').update(basename(uri)).digest('hex');
}
