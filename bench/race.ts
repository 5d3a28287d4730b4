import { tell } from '../src/demo/screen';
import type { Competitor } from './competitors';
import type { Ground } from './ground';
import { inFlight, steadyRate, wholeRate, type Span } from './load';
import { cpuOf } from './process-facts';

export interface RaceOptions {
  /** Verifications a round. */
  count: number;
  /** Of them, in flight at a time. */
  width: number;
  rounds: number;
  /** Verifications before the first round, which let code and caches warm up; 0 where they are warm. */
  warmUp: number;
}

/** What one competitor did in one round. */
export interface Round {
  /** Verifications a second while the round was in full swing. */
  perSecond: number;
  /** Milliseconds of processor time a verification. */
  serverCpu: number;
  workerCpu: number;
}

/**
 * Lets each competitor do the same in turn, the order turned round each time, since servers get dearer as they fill; so an
 * even number of rounds is fair.
 */
export async function race(
  ground: Ground,
  competitors: readonly Competitor[],
  { count, width, rounds, warmUp }: RaceOptions,
): Promise<Map<string, Round[]>> {
  const results = new Map<string, Round[]>(competitors.map(({ name }) => [name, []]));
  if (warmUp > 0) for (const competitor of competitors) await round(ground, competitor, warmUp, width);
  for (let number = 0; number < rounds; number++) {
    const order = number % 2 === 0 ? competitors : [...competitors].reverse();
    for (const competitor of order) {
      const result = await round(ground, competitor, count, width);
      results.get(competitor.name)?.push(result);
      tell(
        `round ${number + 1}, ${competitor.name}: ${result.perSecond.toFixed(1)}/s, ` +
          `server ${result.serverCpu.toFixed(0)} ms, worker ${result.workerCpu.toFixed(0)} ms of CPU each`,
      );
    }
  }
  return results;
}

async function round(ground: Ground, competitor: Competitor, count: number, width: number): Promise<Round> {
  await competitor.prepare(count);
  const cpu = (): number[] => [
    ground.server.pids().reduce((sum, pid) => sum + cpuOf(pid), 0),
    cpuOf(competitor.worker.pid),
  ];
  const [serverBefore = 0, workerBefore = 0] = cpu();
  const work = (): Promise<Span[]> => inFlight(count, width, competitor.verify);
  const spans = await (competitor.around?.(work) ?? work());
  const [serverAfter = 0, workerAfter = 0] = cpu();
  return {
    perSecond: count >= 3 * width ? steadyRate(spans) : wholeRate(spans),
    serverCpu: ((serverAfter - serverBefore) * 1_000) / count,
    workerCpu: ((workerAfter - workerBefore) * 1_000) / count,
  };
}

/** Round by round, how many times as much the first did as the second. */
export function ratios(results: Map<string, Round[]>, first: string, second: string): number[] {
  const others = results.get(second) ?? [];
  return (results.get(first) ?? []).map(({ perSecond }, index) => perSecond / (others[index]?.perSecond ?? NaN));
}

/** Round by round, how many times as much processor time of server and worker the second needed as the first. */
export function thrift(results: Map<string, Round[]>, first: string, second: string): number[] {
  const cpu = (round: Round | undefined): number => (round?.serverCpu ?? NaN) + (round?.workerCpu ?? NaN);
  const others = results.get(second) ?? [];
  return (results.get(first) ?? []).map((round, index) => cpu(others[index]) / cpu(round));
}
