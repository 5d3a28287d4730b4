import { dbos, dbosVersion, ours, rival, type Competitor } from '../competitors';
import { Ground } from '../ground';
import type { Benchmark, Figure, Measured, Settings } from '../measurement';
import { race, ratios, thrift, type Round } from '../race';

/** Verifications before the first round, until most code is compiled; none where each takes minutes, which do that, too. */
const warmUp = (looks: number, quick: boolean): number => (looks > 100 ? 0 : quick ? 40 : 200);

/** One race for each number of looks that are not final yet, before the one that is. */
export const throughput = raceAt({ name: 'throughput', looks: 2, width: 80, goal: 1.2 });
export const throughput10 = raceAt({ name: 'throughput-10-looks', looks: 10, width: 150, goal: 1.5 });
export const throughput125 = raceAt({ name: 'throughput-125-looks', looks: 125, width: 300, goal: 2 });

interface Race {
  name: string;
  looks: number;
  /** Verifications in flight: enough that the server is never idle, since one lasts a second a look. */
  width: number;
  /** What is wanted against the loop. */
  goal: number;
}

function raceAt(of: Race): Benchmark {
  return {
    name: of.name,
    measures: `Verifications a second with everything on, decided after ${of.looks} looks, against rivals.`,
    run: (settings) => Ground.with(settings, (ground) => run(ground, settings, of)),
  };
}

async function run(ground: Ground, settings: Settings, { looks, width, goal }: Race): Promise<Measured> {
  const { repeats, quick, size } = settings;
  const us = await ours(ground);
  const bare = await rival(ground, 'bare workflow', 'bare');
  const inside = quick ? null : await rival(ground, 'bare, looks inside one activity', 'loopInside');
  const loop = quick ? null : await rival(ground, 'poll-and-sleep loop', 'sleepLoop');
  const { postgresUrl } = ground.server;
  const onDbos = quick || postgresUrl === undefined ? null : await dbos(ground, postgresUrl);
  await ground.use({ name: 'bench', looks });
  // Beyond a few looks the bare workflow does the same as ours.
  const competitors = [us, looks === 2 ? bare : null, inside, loop, onDbos].filter((one) => one !== null);
  const count = quick ? 120 : (size ?? (looks > 100 ? 200 : 3 * width));
  const results = await race(ground, competitors, { count, width, rounds: repeats, warmUp: warmUp(looks, quick) });
  const figures = absolute(results, competitors);
  if (looks === 2) {
    figures.unshift(againstBare(results, us, bare, settings));
    figures.push({ label: 'CPU of a bare workflow, of ours', unit: '', values: thrift(results, us.name, bare.name) });
  }
  if (loop !== null) {
    const values = ratios(results, us.name, loop.name);
    figures.unshift({ label: 'against the loop', unit: '', values, goal: { atLeast: goal } });
  }
  if (inside !== null) {
    const label = 'against a bare workflow that looks inside one activity';
    figures.push({ label, unit: '', values: ratios(results, us.name, inside.name) });
  }
  if (onDbos !== null) {
    figures.push({ label: 'against DBOS', unit: '', values: ratios(results, us.name, onDbos.name) });
  }
  return {
    figures,
    conditions: [
      `${count} verifications a round, up to ${width} in flight`,
      ...(onDbos === null ? [] : [dbosVersion()]),
      'all look each second, the soonest that Temporal retries; photos of 60 kB; ours encrypts payloads and documents',
    ],
  };
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

function absolute(results: Map<string, Round[]>, competitors: readonly Competitor[]): Figure[] {
  const of = (name: string, unit: string, what: (round: Round) => number, label: string): Figure => ({
    label: `${name}${label}`,
    unit,
    values: (results.get(name) ?? []).map(what),
  });
  return competitors.flatMap(({ name }) => [
    of(name, '/s', ({ perSecond }) => perSecond, ''),
    of(name, 'ms', ({ serverCpu }) => serverCpu, ': server CPU each'),
    of(name, 'ms', ({ workerCpu }) => workerCpu, ': worker CPU each'),
  ]);
}
