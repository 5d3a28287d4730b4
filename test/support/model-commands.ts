import type * as fc from 'fast-check';
import type { ProblemCode } from '../../src/contract';
import { openedSession, type Answer } from './fake-activities';
import type { ModelDriver } from './model-driver';
import type { CreateAnswer, Place, PollAnswer, Submitted, UploadAnswer } from './model-flow';
import { inspects, RETRY_IN } from './model-parking';
import { MINUTE } from './model-record';
import type { ModelVerification } from './model-verification';
import {
  answerLost,
  comesBack,
  completes,
  expires,
  fails,
  failsFinally,
  formDead,
  notASession,
  notYet,
  tooLarge,
  uploadRefused,
  uploadsRefused,
} from './step-answers';

export type ModelCommand = fc.AsyncCommand<ModelVerification, ModelDriver, false>;

/** What a caller hands in; a direct upload is named by how its session stands to the present one. */
type Draft = 'a' | 'b' | 'c' | 'bad' | 'malformed' | 'uploaded' | 'uploadedElsewhere';

/** One move of a caller, of Notus, of an operator or of time. */
function command(
  name: string,
  run: (driver: ModelDriver) => void | Promise<void>,
  check: (model: Readonly<ModelVerification>) => boolean = () => true,
): ModelCommand {
  return {
    check: (model) => !model.closed && check(model),
    run: async (_model, driver) => {
      await run(driver);
    },
    toString: () => name,
  };
}

/** The server skips no time while an activity is in flight. */
const isIdle = ({ parked }: Readonly<ModelVerification>): boolean => parked.size === 0;

/** A malformed one is refused at once, while those before it are still looked into: it goes first, or it were a race. */
export const signals = (...drafts: Draft[]): ModelCommand =>
  command(`signals(${drafts.map(quoted).join(', ')})`, (driver) => {
    const burst = drafts.map((draft) => submittedAs(draft, driver.model));
    return driver.signal(burst.sort((a, b) => Number(b.kind === 'malformed') - Number(a.kind === 'malformed')));
  });

export const updates = (draft: Draft): ModelCommand =>
  command(`updates(${quoted(draft)})`, (driver) => driver.update(submittedAs(draft, driver.model)));

export const requestsForms = (): ModelCommand => command('requestsForms()', (driver) => driver.requestForms());

export const cancels = (): ModelCommand =>
  command(
    'cancels()',
    (driver) => driver.cancel(),
    ({ ending }) => ending === null,
  );

export const turnsStore = (isDown: boolean): ModelCommand =>
  command(`turnsStore(${isDown})`, (driver) => driver.turnStore(isDown));

/** The worker's cache is cleared: it begins again from the history. */
export const forgets = (): ModelCommand => command('forgets()', (driver) => driver.forget());

export const restartsWorkers = (): ModelCommand => command('restartsWorkers()', (driver) => driver.restartWorkers());

/** Waits in real time until another session may be opened. */
export const waitsForCreate = (): ModelCommand =>
  command(
    'waitsForCreate()',
    (driver) => driver.pass(6_000),
    ({ timers, now }) => (timers.get('recreate')?.at ?? Infinity) - now < 6_000,
  );

export const passes = (milliseconds: number): ModelCommand =>
  command(`passes(${milliseconds})`, (driver) => driver.pass(milliseconds), isIdle);

/** Time passes until shortly before the deadline, or until something stirs. */
export const nearsDeadline = (): ModelCommand =>
  command('nearsDeadline()', (driver) => driver.pass(driver.model.deadline - driver.model.now - 20_000), isIdle);

/** How the next attempt is answered, whichever waits; an obstacle only where its step may meet it. */
export interface NextAnswer {
  createSession: CreateAnswer;
  upload: UploadAnswer;
  pollResult: PollAnswer;
  obstacle: ProblemCode | null;
  /** Of two uploads in flight, whether the front is answered first. */
  first: boolean;
}

export const OBSTACLES = ['NotusUnavailable', 'NotusKeyRefused', 'UploadHostRefused'] as const;

export function answersNext(next: NextAnswer): ModelCommand {
  return command(
    `answersNext(${JSON.stringify(next)})`,
    (driver) => {
      const { model } = driver;
      const places = [...model.parked].sort();
      const place = (next.first ? places[0] : places.at(-1)) as Place;
      // It would be in flight at the end that a create may come to, and keep the server from skipping time.
      if (model.parked.has('inspectDocuments')) return answersInspection(driver, next);
      if (next.obstacle !== null) return driver.obstruct(place, next.obstacle);
      if (place === 'createSession') {
        return driver.answer(place, CREATES[next.createSession](model.now), () => model.created(next.createSession));
      }
      if (place === 'findNotus')
        return driver.answer<'findNotus'>(
          place,
          () => undefined,
          () => model.found(),
        );
      if (place === 'pollResult') {
        return driver.answer(place, POLLS[next.pollResult], () => model.polled(next.pollResult));
      }
      const side = place === 'upload-front' ? 'front' : 'back';
      return driver.answer(place, UPLOADS[next.upload], () => model.uploadEnds(side, next.upload));
    },
    // The real step plans no look past the deadline.
    ({ parked, deadline, now }) => parked.size > 0 && (next.pollResult !== 'notYet' || deadline - now > 2 * MINUTE),
  );
}

function answersInspection(driver: ModelDriver, { obstacle }: NextAnswer): Promise<void> {
  if (obstacle !== null) return driver.obstruct('inspectDocuments', 'DocumentStoreUnavailable');
  return driver.answer('inspectDocuments', inspects, () => driver.model.inspected());
}

const CREATES: Record<CreateAnswer, (now: number) => Answer<'createSession'>> = {
  opens:
    (now) =>
    (_args, { activityId }) =>
      openedSession(activityId, now + 10 * MINUTE),
  opensShortly:
    (now) =>
    (_args, { activityId }) =>
      openedSession(activityId, now + 90_000),
  lost: () => answerLost,
  notASession: () => notASession,
  invalid: () => failsFinally('InvalidRequest', 'documentId: Notus says it is wrong.'),
};

const UPLOADS: Record<UploadAnswer, Answer<'uploadDocument'>> = {
  uploaded: () => ({ kind: 'uploaded' }),
  formDead,
  refused: uploadRefused,
  tooLarge,
  unusable: () => ({ kind: 'unusable', message: 'The document has changed.' }),
};

const POLLS: Record<PollAnswer, Answer<'pollResult'>> = {
  completed: completes,
  idMissing: () => ({ kind: 'completed', individualId: null, individualIdMissing: true }),
  failed: fails,
  expired: expires,
  uploadsRefused,
  undecided: () => ({ kind: 'undecided', notusStatus: 'VERIFYING' }),
  notYet: notYet(RETRY_IN),
  recovered: comesBack<'pollResult'>(null, 'Well again.', RETRY_IN),
};

function submittedAs(draft: Draft, { session }: ModelVerification): Submitted {
  if (draft === 'malformed') return { kind: 'malformed' };
  if (draft === 'uploaded') return { kind: 'uploaded', sessionId: session?.sessionId ?? 'session-0' };
  if (draft === 'uploadedElsewhere') return { kind: 'uploaded', sessionId: 'session-0' };
  return { kind: 'stored', name: draft };
}

const quoted = (text: string): string => `'${text}'`;
