import type { KycClient, VerificationHandle } from '../../src/client';
import { until, untilStage } from './end-to-end';
import { jpegImage } from './images';
import type { TestTemporal } from './temporal';
import { waiting } from './verification-input';
import { withVerifications } from './verifications';

/** The states in which an operator meets verifications, each with the made-up document number that leads there. */
export const STATES = {
  waiting: '12345670000',
  running: '12345672101',
  retrying: '12345674013',
  approved: '12345671001',
  rejected: '12345672002',
  failed: '12345673017',
  cancelled: '12345670000',
} as const;

export type State = keyof typeof STATES;

/** The id of the verification that is held in that state. */
export const idOf = (state: State): string => `signup-${state}`;

/** One verification in each state, and a worker, until they are let go. */
export interface HeldStates {
  runIdOf: (state: State) => string;
  letGo: () => Promise<void>;
}

/** Resolves once every state is reached. */
export function holdStates(temporal: TestTemporal): Promise<HeldStates> {
  return new Promise((resolve, reject) => {
    const held = withVerifications(temporal, ({ kyc, withWorker }) =>
      withWorker(async () => {
        const states = Object.keys(STATES) as State[];
        await Promise.all(states.map((state) => bringTo(state, kyc)));
        const runs = await Promise.all(states.map((state) => runOf(temporal, state)));
        await new Promise<void>((release) => {
          const letGo = async (): Promise<void> => {
            release();
            await held;
          };
          resolve({ runIdOf: (state) => runs[states.indexOf(state)] ?? '', letGo });
        });
      }),
    );
    held.catch(reject);
  });
}

async function runOf({ client }: TestTemporal, state: State): Promise<string> {
  return (await client.workflow.getHandle(idOf(state)).describe()).runId;
}

async function bringTo(state: State, kyc: KycClient): Promise<void> {
  const { request } = waiting();
  const verification = await kyc.start(idOf(state), { request: { ...request, documentId: STATES[state] } });
  const ended = (): Promise<unknown> => verification.outcome().catch(() => undefined);
  const submit = (): Promise<unknown> =>
    verification.submitDocuments({ front: jpegImage({ seed: 1 }), back: jpegImage({ seed: 2 }) });
  switch (state) {
    case 'failed':
      return void (await ended());
    case 'approved':
    case 'rejected':
      await submit();
      return void (await ended());
    case 'running':
      await submit();
      // What Notus says stays with the step until it ends.
      return until(async () => (await verification.status()).pending?.lastAnswer?.includes('VERIFYING') ?? false);
    case 'retrying':
      await submit();
      return untilTriedAgain(verification);
    case 'waiting':
      return untilStage(verification, 'awaitingDocuments');
    case 'cancelled':
      await untilStage(verification, 'awaitingDocuments');
      await verification.cancel();
      return void (await ended());
  }
}

/** An outage is told once it has lasted for most of a minute; then the workflow waits before it schedules the step again. */
async function untilTriedAgain(verification: VerificationHandle): Promise<void> {
  const isTriedAgain = async (): Promise<boolean> => {
    const { problem, pending } = await verification.status();
    return problem !== null && (pending?.lastAnswer?.includes('500') ?? false);
  };
  await until(isTriedAgain, 120_000);
}
