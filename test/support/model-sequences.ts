import * as fc from 'fast-check';
import {
  cancels,
  creates,
  finds,
  isObstructed,
  nearsDeadline,
  passes,
  polls,
  requestsForms,
  signals,
  turnsStore,
  updates,
  uploads,
  type ModelCommand,
} from './model-commands';
import { ModelDriver } from './model-driver';
import { MINUTE, type ModelPolicy } from './model-record';
import type { ModelVerification } from './model-verification';
import type { TimeSkippingServer } from './time-skipping';

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
  input: fc.constantFrom(null, null, null, 'a', 'bad'),
});

const drafts = fc.constantFrom(
  ...(['a', 'a', 'b', 'c', 'bad', 'malformed', 'uploaded', 'uploaded', 'uploadedElsewhere'] as const),
);

const often = (...commands: ModelCommand[]): ModelCommand[] => commands.flatMap((one) => [one, one, one, one]);

const createAnswers = fc.constantFrom(
  ...often(creates('opens'), creates('opens'), finds()),
  ...[creates('opensShortly'), creates('lost'), creates('lost'), creates('notASession'), creates('invalid')],
  ...[isObstructed('createSession', 'NotusUnavailable'), isObstructed('createSession', 'NotusKeyRefused')],
  isObstructed('findNotus', 'NotusUnavailable'),
);

const uploadAnswers = fc.constantFrom(
  ...often(uploads('front', 'uploaded'), uploads('back', 'uploaded')),
  ...(['front', 'back'] as const).flatMap((side) => [
    ...(['formDead', 'refused', 'refused', 'tooLarge', 'unusable'] as const).map((answer) => uploads(side, answer)),
    isObstructed(`upload-${side}`, 'UploadHostRefused'),
  ]),
);

const pollAnswers = fc.constantFrom(
  ...[polls('completed'), polls('idMissing'), polls('undecided'), polls('notYet'), polls('recovered')],
  ...often(polls('failed'), polls('expired')),
  ...[polls('uploadsRefused'), polls('uploadsRefused'), isObstructed('pollResult', 'NotusKeyRefused')],
);

const times = fc.constantFrom(7_000, 53_000, 3 * MINUTE, 9 * MINUTE, 11 * MINUTE, 61 * MINUTE, 26 * 60 * MINUTE);

function sequences(maxCommands: number): fc.Arbitrary<Iterable<ModelCommand>> {
  return fc.commands<ModelVerification, ModelDriver, false>(
    [
      ...[createAnswers, createAnswers, uploadAnswers, uploadAnswers, uploadAnswers, pollAnswers, pollAnswers],
      fc.array(drafts, { minLength: 1, maxLength: 3 }).map((given) => signals(...given)),
      ...[drafts.map(updates), drafts.map(updates)],
      fc.constant(requestsForms()),
      ...[times.map(passes), times.map(passes)],
      fc.oneof(
        { weight: 1, arbitrary: fc.constant(cancels()) },
        { weight: 5, arbitrary: fc.boolean().map(turnsStore) },
        { weight: 3, arbitrary: fc.constant(nearsDeadline()) },
      ),
    ],
    { maxCommands, size: 'max' },
  );
}

/** Plays a sequence of moves on a verification and on its model; throws where they part. */
export async function play(
  server: TimeSkippingServer,
  { policy, input }: ModelStart,
  commands: Iterable<ModelCommand>,
): Promise<void> {
  const driver = await ModelDriver.start(server, policy, input);
  try {
    await fc.asyncModelRun(() => ({ model: driver.model, real: driver }), commands);
    await driver.finish();
  } finally {
    driver.leave();
    await server.endOpen();
  }
}

/** Plays so many sequences; the environment may ask for others, or for more. */
export async function expectToAgree(
  server: TimeSkippingServer,
  { seed, numRuns }: { seed: number; numRuns: number },
): Promise<void> {
  const { FC_SEED, FC_RUNS, FC_SHRINK } = process.env;
  const property = fc.asyncProperty(starts, sequences(40), (start, commands) => play(server, start, commands));
  await fc.assert(property, {
    seed: Number(FC_SEED ?? seed),
    numRuns: Number(FC_RUNS ?? numRuns),
    endOnFailure: FC_SHRINK === undefined,
  });
}
