import * as fc from 'fast-check';
import {
  answersNext,
  cancels,
  forgets,
  nearsDeadline,
  OBSTACLES,
  passes,
  requestsForms,
  restartsWorkers,
  signals,
  turnsStore,
  updates,
  waitsForCreate,
  type ModelCommand,
} from './model-commands';
import { ModelDriver } from './model-driver';
import type { CreateAnswer, PollAnswer, UploadAnswer } from './model-flow';
import { MINUTE, type ModelPolicy } from './model-record';
import type { ModelVerification } from './model-verification';
import type { VerificationServer } from './time-skipping';

/** How a verification of the model begins. */
export interface ModelStart {
  policy: ModelPolicy;
  /** The name of the documents that come with the input. */
  input: string | null;
}

const starts: fc.Arbitrary<ModelStart> = fc.record({
  policy: fc
    .record<ModelPolicy>({
      maxAttempts: fc.integer({ min: 1, max: 3 }),
      maxSessions: fc.integer({ min: 1, max: 5 }),
      sessionTiming: fc.constantFrom('eager', 'onDocuments'),
      ambiguousCreate: fc.constantFrom('recreate', 'recreate', 'recreate', 'fail'),
    })
    .map((policy) => ({ ...policy, maxSessions: Math.max(policy.maxSessions, policy.maxAttempts) })),
  input: fc.constantFrom(null, null, null, null, 'a', 'a', 'a', 'bad'),
});

const drafts = fc.constantFrom(
  ...(['a', 'a', 'b', 'c', 'bad', 'malformed', 'uploaded', 'uploaded', 'uploadedElsewhere'] as const),
);

/** Mostly all goes well, or a sequence would not come far. */
const answers = fc
  .record({
    createSession: mostly<CreateAnswer>('opens', 'opensShortly', 'lost', 'notASession', 'invalid'),
    upload: mostly<UploadAnswer>('uploaded', 'formDead', 'refused', 'tooLarge', 'unusable'),
    pollResult: fc.constantFrom<PollAnswer>(
      ...(['failed', 'failed', 'failed', 'expired', 'expired', 'completed', 'idMissing'] as const),
      ...(['undecided', 'notYet', 'recovered', 'uploadsRefused', 'uploadsRefused'] as const),
    ),
    obstacle: fc.constantFrom(...Array<null>(8).fill(null), ...OBSTACLES),
    first: fc.boolean(),
  })
  .map(answersNext);

function mostly<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const times = fc.constantFrom(7_000, 53_000, 3 * MINUTE, 9 * MINUTE, 11 * MINUTE, 61 * MINUTE, 26 * 60 * MINUTE);

const submissions: fc.Arbitrary<ModelCommand>[] = [
  fc.array(drafts, { minLength: 1, maxLength: 3 }).map((given) => signals(...given)),
  ...[drafts.map(updates), drafts.map(updates)],
  fc.constant(requestsForms()),
];

/** Moves among which time passes, for a server that skips it and a worker that caches one verification. */
export const MOVES_IN_TIME: fc.Arbitrary<ModelCommand>[] = [
  ...[answers, answers, answers, answers, answers, ...submissions, times.map(passes), times.map(passes)],
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(cancels()) },
    { weight: 5, arbitrary: fc.boolean().map(turnsStore) },
    { weight: 3, arbitrary: fc.constant(nearsDeadline()) },
    { weight: 4, arbitrary: fc.constant(forgets()) },
  ),
];

/** Moves among which workers come and go, for a server that has to do with that. */
export const MOVES_OF_WORKERS: fc.Arbitrary<ModelCommand>[] = [
  ...[answers, answers, answers, answers, answers, ...submissions],
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(cancels()) },
    { weight: 6, arbitrary: fc.constant(restartsWorkers()) },
    { weight: 3, arbitrary: fc.boolean().map(turnsStore) },
    { weight: 6, arbitrary: fc.constant(waitsForCreate()) },
  ),
];

/** Plays a sequence of moves on a verification and on its model; throws where they part. */
export async function play(
  server: VerificationServer,
  { policy, input }: ModelStart,
  moves: Iterable<ModelCommand>,
): Promise<void> {
  const driver = await ModelDriver.start(server, policy, input);
  try {
    await fc.asyncModelRun(() => ({ model: driver.model, real: driver }), moves);
    await driver.finish();
  } finally {
    driver.leave();
    await server.endOpen();
  }
}

/** Plays so many sequences; the environment may ask for others, or for more. */
export async function expectToAgree(
  server: VerificationServer,
  moves: fc.Arbitrary<ModelCommand>[],
  { seed, numRuns }: { seed: number; numRuns: number },
): Promise<void> {
  const { KYC_MODEL_SEED, KYC_MODEL_RUNS, KYC_MODEL_SHRINK } = process.env;
  const sequences = fc.commands<ModelVerification, ModelDriver, false>(moves, { maxCommands: 80, size: 'max' });
  await fc.assert(
    fc.asyncProperty(starts, sequences, (start, sequence) => play(server, start, sequence)),
    {
      seed: Number(KYC_MODEL_SEED ?? seed),
      numRuns: Number(KYC_MODEL_RUNS ?? numRuns),
      endOnFailure: KYC_MODEL_SHRINK === undefined,
    },
  );
}
