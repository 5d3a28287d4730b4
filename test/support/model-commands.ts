import type * as fc from 'fast-check';
import type { ProblemCode } from '../../src/contract';
import { openedSession, type Answer } from './fake-activities';
import type { ModelDriver } from './model-driver';
import type { CreateAnswer, Place, PollAnswer, Submitted, UploadAnswer } from './model-flow';
import { RETRY_IN } from './model-parking';
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

/** Each look takes a moment that the model does not know; over an hour of looks it would tell them in another order. */
const isAskingStore = ({ timers }: Readonly<ModelVerification>): boolean => timers.has('inspectDocuments');

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
  command(
    `passes(${milliseconds})`,
    (driver) => driver.pass(milliseconds),
    (model) => isIdle(model) && (milliseconds < 12 * MINUTE || !isAskingStore(model)),
  );

/** Time passes until shortly before the deadline, or until something stirs. */
export const nearsDeadline = (): ModelCommand =>
  command(
    'nearsDeadline()',
    (driver) => driver.pass(driver.model.deadline - driver.model.now - 20_000),
    (model) => isIdle(model) && !isAskingStore(model),
  );

export const creates = (answer: CreateAnswer): ModelCommand =>
  command(
    `creates('${answer}')`,
    (driver) => driver.answer('createSession', CREATES[answer](driver.model.now), () => driver.model.created(answer)),
    ({ parked }) => parked.has('createSession'),
  );

export const finds = (): ModelCommand =>
  command(
    'finds()',
    (driver) =>
      driver.answer<'findNotus'>(
        'findNotus',
        () => undefined,
        () => driver.model.found(),
      ),
    ({ parked }) => parked.has('findNotus'),
  );

export const uploads = (side: 'front' | 'back', answer: UploadAnswer): ModelCommand =>
  command(
    `uploads('${side}', '${answer}')`,
    (driver) => driver.answer(`upload-${side}`, UPLOADS[answer], () => driver.model.uploadEnds(side, answer)),
    ({ parked }) => parked.has(`upload-${side}`),
  );

export const polls = (answer: PollAnswer): ModelCommand =>
  command(
    `polls('${answer}')`,
    (driver) => driver.answer('pollResult', POLLS[answer], () => driver.model.polled(answer)),
    // The real step plans no look past the deadline.
    ({ parked, deadline, now }) => parked.has('pollResult') && (answer !== 'notYet' || deadline - now > 2 * MINUTE),
  );

export const isObstructed = (place: Place, code: ProblemCode): ModelCommand =>
  command(
    `isObstructed('${place}', '${code}')`,
    (driver) =>
      driver.answer(place, comesBack(code, 'In the way.', RETRY_IN), () =>
        driver.model.obstructed(place, code, RETRY_IN),
      ),
    ({ parked }) => parked.has(place),
  );

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
