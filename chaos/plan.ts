import { CASES, type Case } from './cases';
import { SeededRandom } from './random';

/** What happens to the way between the workers and others. */
export const LINK_FAULTS = ['cutLink', 'resetLink', 'slowLink', 'hangLink'] as const;
export type LinkFault = (typeof LINK_FAULTS)[number];

const LINKS = ['temporal', 'notus', 's3'] as const;
export type LinkName = (typeof LINKS)[number];

const STREAMS = ['upstream', 'downstream'] as const;

/** What is done: `drainWorker` asks a worker to end, a link's fault spoils a connection, the others kill. */
export type KillKind =
  'killWorker' | 'drainWorker' | 'killServer' | 'killSandbox' | 'killNode' | 'killPostgres' | LinkFault;

export interface PlannedKill {
  kind: KillKind;
  /** Milliseconds from the start of the run; a victim that is not back by then is waited for. */
  atMs: number;
  /** Which of the workers. */
  worker: number;
  /** Which of the server's nodes. */
  node: number;
  link: LinkName;
  /** Of a link's fault: whether it strikes what the workers send, or what they are sent. */
  stream: (typeof STREAMS)[number];
  /** Milliseconds until it is started again, or the link is whole again. */
  downMs: number;
  /** Milliseconds that the victim is let live after its last return. */
  restMs: number;
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
}

export interface PlanOptions {
  seed: number;
  verifications: number;
  kills: number;
  /** Slots that each have one worker; with a single one nothing else is killed, and the next is started at once. */
  workers: number;
  /** Whether the links of the workers are spoilt, too. */
  links: boolean;
  server: 'embedded' | 'postgres';
  /** Nodes of the server on PostgreSQL. */
  nodes: 1 | 2;
  /** A module that the workers load first, to see the judge catch what it makes of them. */
  preload?: string | undefined;
}

/** Kills of workers are the commonest, as they are in life. */
const KINDS: readonly KillKind[] = ['killWorker', 'killWorker', 'drainWorker', 'killServer', 'killSandbox'];

/** From one kill to the next: victims of different kinds may be down at the same time. */
const GAP_MS = { from: 600, to: 4_600 };
/** Where all waits for the only worker, it gets time to work between two of its kills. */
const LONE_GAP_MS = { from: 4_000, to: 8_000 };
/** What its start adds to that. */
const LONE_START_MS = 2_000;
const SHORTEST_SPAN_MS = 10_000;
/** This share of the hangs outlasts the heartbeat time-out of an activity and the time-out of a call. */
const LONG_HANGS = 0.3;

/** The same plan for the same options; what the machine makes of it differs from run to run. */
export function planOf(options: PlanOptions): Plan {
  const random = new SeededRandom(options.seed);
  const kills = plannedKills(random, options);
  const everyMs = options.workers === 1 ? LONE_START_MS + middle(LONE_GAP_MS) : middle(GAP_MS);
  const spanMs = Math.max(SHORTEST_SPAN_MS, options.kills * everyMs);
  return {
    kills,
    verifications: random
      .deal(CASES, options.verifications)
      .map((one, index) => plannedVerification(random, one, { seed: options.seed, index, spanMs })),
  };
}

const middle = ({ from, to }: { from: number; to: number }): number => (from + to) / 2;

function plannedKills(random: SeededRandom, { kills, workers, links, server, nodes }: PlanOptions): PlannedKill[] {
  const alone = workers === 1;
  const others: KillKind[] = [
    ...(links ? LINK_FAULTS : []),
    ...(server === 'postgres' ? (['killPostgres'] as const) : []),
    ...(nodes > 1 ? (['killNode', 'killNode'] as const) : []),
  ];
  const gap = alone ? LONE_GAP_MS : GAP_MS;
  let atMs = 0;
  return random.deal(alone ? (['killWorker'] as const) : [...KINDS, ...others], kills).map((kind) => {
    const gapMs = random.integer(gap.from, gap.to);
    atMs += gapMs;
    const worker = random.integer(0, workers - 1);
    const node = random.integer(0, nodes - 1);
    const link = random.pick(LINKS);
    const stream = random.pick(STREAMS);
    const times = alone ? { downMs: 0, restMs: gapMs } : { downMs: downMs(random, kind), restMs: 0 };
    return { kind, atMs, worker, node, link, stream, ...times };
  });
}

function downMs(random: SeededRandom, kind: KillKind): number {
  if (!LINK_FAULTS.some((fault) => fault === kind)) return random.integer(0, 2_000);
  const isLong = random.next() < LONG_HANGS;
  return kind === 'hangLink' && isLong ? random.integer(6_000, 12_000) : random.integer(1_000, 4_000);
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
