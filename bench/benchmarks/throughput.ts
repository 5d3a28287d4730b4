import { tell } from '../../src/demo/screen';
import { dbos, ours, rival, type Competitor } from '../competitors';
import { Ground } from '../ground';
import type { Benchmark, Figure, Measured, Settings } from '../measurement';
import { race, ratios, thrift, type Round } from '../race';

/** Looks that are not final yet, before the one that is. */
const LOOKS = [2, 10, 125];
const WARM_UP = 40;
const GOAL_OF_LOOKS: Record<number, number> = { 2: 1.2, 10: 1.5, 125: 2 };
/** Enough in flight that the server is never idle: a verification lasts a second a look. */
const widthFor = (looks: number): number => Math.min(300, 100 + 10 * looks);

export const throughput: Benchmark = {
  name: 'throughput',
  measures: 'Verifications a second with everything on, against a bare workflow and the loop of status and sleep.',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, settings: Settings): Promise<Measured> {
  const { repeats, quick, size } = settings;
  const us = await ours(ground);
  const bare = await rival(ground, 'bare workflow', 'bare');
  const loop = quick ? null : await rival(ground, 'poll-and-sleep loop', 'sleepLoop');
  const { postgresUrl } = ground.server;
  const onDbos = quick || postgresUrl === undefined ? null : await dbos(ground, postgresUrl);
  const figures: Figure[] = [];
  const points: Record<string, [number, number][]> = {};
  const conditions: string[] = [];
  for (const looks of quick ? [2] : LOOKS) {
    tell(`${looks} looks before the decision`);
    await ground.forgetCalls();
    await ground.use({ name: 'bench', looks });
    const competitors = [us, looks === 2 ? bare : null, loop, onDbos].filter((one) => one !== null);
    const width = widthFor(looks);
    const count = quick ? 120 : (size ?? (looks > 100 ? 200 : 3 * width));
    const results = await race(ground, competitors, {
      count,
      width,
      rounds: repeats,
      warmUp: looks === 2 ? WARM_UP : 0,
    });
    conditions.push(`${looks} looks: ${count} verifications a round, up to ${width} in flight`);
    figures.push(...absolute(results, competitors, looks));
    if (looks === 2) {
      figures.push(againstBare(results, us, bare, settings));
      figures.push({ label: 'CPU of a bare workflow, of ours', unit: '', values: thrift(results, us.name, bare.name) });
    }
    if (loop !== null) {
      const goal = { atLeast: GOAL_OF_LOOKS[looks] ?? 1 };
      figures.push({
        label: `against the loop, ${looks} looks`,
        unit: '',
        values: ratios(results, us.name, loop.name),
        goal,
      });
    }
    for (const { name } of competitors) {
      const rates = (results.get(name) ?? []).map(({ perSecond }) => perSecond);
      (points[name] ??= []).push([looks, rates.reduce((sum, rate) => sum + rate, 0) / rates.length]);
    }
  }
  const series = Object.entries(points).map(([name, ofName]) => ({ name, points: ofName }));
  const plot = {
    name: 'throughput',
    title: 'Verifications a second by looks before the decision',
    x: { label: 'looks before the decision', log: true },
    y: { label: 'verifications a second', log: true },
    series,
  };
  const looked = 'All look each second, the soonest that Temporal retries; photos of 60 kB; ours encrypts.';
  return { figures, plots: quick ? [] : [plot], conditions: [...conditions, looked] };
}

function againstBare(results: Map<string, Round[]>, us: Competitor, bare: Competitor, settings: Settings): Figure {
  return {
    label: 'against a bare workflow',
    unit: '',
    values: ratios(results, us.name, bare.name),
    goal: { atLeast: settings.server === 'postgres' ? 1 : 0.9 },
    demand: { atLeast: 0.4 },
  };
}

function absolute(results: Map<string, Round[]>, competitors: readonly Competitor[], looks: number): Figure[] {
  const of = (name: string, unit: string, what: (round: Round) => number, label: string): Figure => ({
    label: `${name}, ${looks} looks${label}`,
    unit,
    values: (results.get(name) ?? []).map(what),
  });
  return competitors.flatMap(({ name }) => [
    of(name, '/s', ({ perSecond }) => perSecond, ''),
    of(name, 'ms', ({ serverCpu }) => serverCpu, ': server CPU each'),
    of(name, 'ms', ({ workerCpu }) => workerCpu, ': worker CPU each'),
  ]);
}
