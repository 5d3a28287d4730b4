/** What a figure is to reach. */
export type Goal = { atLeast: number } | { atMost: number };

/** One figure, with its value in each repeat. */
export interface Figure {
  label: string;
  /** Such as `ms`, `MiB`, `/s`; empty for counts and ratios. */
  unit: string;
  values: number[];
  goal?: Goal;
  /** Counts must hold on any machine; a ratio has a bound for gross loss alone. What is not given is never demanded. */
  demand?: Goal;
}

/** Lines or bars over a common axis. */
export interface Plot {
  /** File name without extension. */
  name: string;
  title: string;
  x: { label: string; log?: boolean };
  y: { label: string; log?: boolean };
  series: { name: string; points: [x: number, y: number][] }[];
}

/** What one benchmark found. */
export interface Measured {
  figures: Figure[];
  plots?: Plot[];
  /** What a reader must know to read the figures: sizes, rates, conditions. */
  conditions: string[];
}

/** One line of the table "Speed", or several that are found in one run. */
export interface Benchmark {
  name: string;
  /** One sentence. */
  measures: string;
  /** On what it runs, if not on a Temporal server of the kind that is asked for. */
  where?: string;
  /** The only kind of server that it makes sense on, whatever is asked for. */
  only?: Settings['server'];
  run: (settings: Settings) => Promise<Measured>;
}

export interface Settings {
  server: 'embedded' | 'postgres';
  /** Rounds of each variant; the figures are the median of them. */
  repeats: number;
  /** Replaces the benchmark's own number of verifications, documents or seconds. */
  size: number | undefined;
  /** Small sizes, to find gross loss in two minutes. */
  quick: boolean;
}

/** The figures of several rounds as one of each label, with the values of all rounds. */
export function joined(rounds: readonly Figure[][]): Figure[] {
  const byLabel = new Map<string, Figure>();
  for (const figure of rounds.flat()) {
    const values = [...(byLabel.get(figure.label)?.values ?? []), ...figure.values];
    byLabel.set(figure.label, { ...figure, values });
  }
  return [...byLabel.values()];
}

export function isMet(value: number, goal: Goal): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}
