import { CASES, type Case } from './cases';
import { SeededRandom } from './random';

/** What is done to a process: `drainWorker` asks it to end, the others kill it. */
export type KillKind = 'killWorker' | 'drainWorker' | 'killServer' | 'killSandbox';

export interface PlannedKill {
  kind: KillKind;
  /** Milliseconds after the kill before it came back. */
  afterMs: number;
  /** Which of the workers. */
  worker: number;
  /** Milliseconds until it is started again. */
  downMs: number;
}

/** One verification, with all that its callers do; times are milliseconds from its own start. */
export interface PlannedVerification {
  id: string;
  case: Case;
  documentId: string;
  documentCategory: 'IDENTITY_CARD' | 'PASSPORT';
  /** From the start of the run. */
  startAfterMs: number;
  way: 'input' | 'signal' | 'update';
  submitAfterMs: number;
  /** When the first submission is signalled once more. */
  duplicatesAfterMs: number[];
  /** When which piece of nonsense is signalled, by its number. */
  nonsense: { afterMs: number; number: number }[];
  /** How long after the first documents were taken others are signalled; null: never. */
  lateAfterMs: number | null;
  cancelAfterMs: number;
}

export interface Plan {
  verifications: PlannedVerification[];
  kills: PlannedKill[];
  /** Milliseconds from the start of the run to its last verification's start. */
  spanMs: number;
}

export interface PlanOptions {
  seed: number;
  verifications: number;
  kills: number;
}

export const WORKERS = 2;

/** Kills of workers are the commonest, as they are in life. */
const KINDS: readonly KillKind[] = [
  ...(['killWorker', 'killWorker', 'drainWorker', 'killServer', 'killSandbox'] as const),
];
/** From one kill to the next, the restart included, it takes about this long. */
const KILL_EVERY_MS = 8_000;
const SHORTEST_SPAN_MS = 10_000;

/** The same plan for the same options; what the machine makes of it differs from run to run. */
export function planOf({ seed, verifications, kills }: PlanOptions): Plan {
  const random = new SeededRandom(seed);
  const spanMs = Math.max(SHORTEST_SPAN_MS, kills * KILL_EVERY_MS);
  return {
    kills: random.deal(KINDS, kills).map((kind) => ({
      kind,
      afterMs: random.integer(1_000, 9_000),
      worker: random.integer(0, WORKERS - 1),
      downMs: random.integer(0, 2_000),
    })),
    verifications: random
      .deal(CASES, verifications)
      .map((one, index) => plannedVerification(random, one, { seed, index, spanMs })),
    spanMs,
  };
}

function plannedVerification(
  random: SeededRandom,
  one: Case,
  { seed, index, spanMs }: { seed: number; index: number; spanMs: number },
): PlannedVerification {
  const times = (most: number, latestMs: number): number[] =>
    Array.from({ length: random.integer(0, most) }, () => random.integer(0, latestMs));
  const submits = one.submissions !== 0;
  return {
    id: `chaos-${seed}-${index + 1}`,
    case: one,
    // The sandbox tells people apart by it, and picks the scenario by its end.
    documentId: `${1_000_000 + index}${one.suffix}`,
    documentCategory: random.pick(['IDENTITY_CARD', 'IDENTITY_CARD', 'PASSPORT']),
    startAfterMs: random.integer(0, spanMs),
    way: submits ? random.pick(['input', 'signal', 'update']) : 'signal',
    submitAfterMs: random.integer(0, 5_000),
    duplicatesAfterMs: submits ? times(3, 15_000) : [],
    nonsense: times(4, 20_000).map((afterMs) => ({ afterMs, number: random.integer(0, 1_000) })),
    // Where a second submission is awaited, other documents would be taken for it.
    lateAfterMs: submits && one.submissions === undefined && random.next() < 0.4 ? random.integer(0, 15_000) : null,
    cancelAfterMs: random.integer(2_000, 25_000),
  };
}
