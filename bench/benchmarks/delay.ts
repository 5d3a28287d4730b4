import type { PollSchedule } from '../../src/activities/poll-result';
import { LIMITS } from '../../src/limits';
import type { Benchmark, Figure, Measured, Plot } from '../measurement';
import { costOf, RETRY_LATE_MS } from '../polls';

const DECISIONS: Record<string, number> = { '10 s': 10_000, '1 min': 60_000, '10 min': 600_000, '1 h': 3_600_000 };
/** The longest wait between looks; the one in use is among them. */
const LONGEST = [5_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 120_000];

/** Others that were weighed: seconds until the first look, how many times as long each, and the longest. */
const OTHERS = [
  [1, 1.5, 30],
  [5, 1.5, 30],
  [10, 1.5, 30],
  [2, 1.25, 30],
  [2, 2, 30],
  [2, 1.5, 15],
  [2, 1.5, 60],
] as const;

export const delay: Benchmark = {
  name: 'delay',
  measures: 'Calls against delay for decisions that take 10 s to 1 h, by the poll schedule and the retry timer.',
  where: 'computed',
  run: () => Promise.resolve(compute()),
};

function compute(): Measured {
  const figures = Object.entries(DECISIONS).flatMap(([name, aroundMs]): Figure[] => {
    const { looks, delayMs, delay95Ms } = costOf(aroundMs);
    return [
      { label: `decided after ${name}: looks`, unit: '', values: [looks] },
      { label: `decided after ${name}: known later by, median`, unit: 's', values: [delayMs / 1_000] },
      { label: `decided after ${name}: known later by, 95 of 100`, unit: 's', values: [delay95Ms / 1_000] },
    ];
  });
  const { pollFirst, pollFactor, pollLongest, pollJitter } = LIMITS;
  return {
    figures: [...figures, ...OTHERS.flatMap(figuresOfOther)],
    plots: [curve()],
    conditions: [
      `first look after ${pollFirst / 1_000} s, then ${pollFactor} times as long each, to ${pollLongest / 1_000} s, up to ${pollJitter * 100} % longer`,
      `the server is taken to be late by up to ${RETRY_LATE_MS / 1_000} s; decisions fall within 20 % of the time named`,
    ],
  };
}

function figuresOfOther([first, factor, longest]: (typeof OTHERS)[number]): Figure[] {
  const schedule = { ...LIMITS, pollFirst: first * 1_000, pollFactor: factor, pollLongest: longest * 1_000 };
  return ['10 s', '1 min'].flatMap((name): Figure[] => {
    const { looks, delay95Ms } = costOf(DECISIONS[name] ?? NaN, schedule);
    const label = `${first} s, x${factor}, to ${longest} s; decided after ${name}`;
    return [
      { label: `${label}: looks`, unit: '', values: [looks] },
      { label: `${label}: known later by, 95 of 100`, unit: 's', values: [delay95Ms / 1_000] },
    ];
  });
}

function curve(): Plot {
  const series = Object.entries(DECISIONS).map(([name, aroundMs]) => ({
    name: `decided after ${name}`,
    points: LONGEST.map((pollLongest): [number, number] => {
      const schedule: PollSchedule = { ...LIMITS, pollLongest };
      const { looks, delayMs } = costOf(aroundMs, schedule);
      return [delayMs / 1_000, looks];
    }),
  }));
  return {
    name: 'delay',
    title: 'Looks against delay, for longest waits of 5 s to 2 min (30 s is in use)',
    x: { label: 'median delay from decision to the look that shows it, s', log: true },
    y: { label: 'looks a verification', log: true },
    series,
  };
}
