import { parseArgs } from 'node:util';
import type { PlanOptions } from './plan';

const BOUNDS = {
  seed: [0, 4_294_967_295],
  verifications: [1, 5_000],
  kills: [0, 2_000],
  workers: [1, 8],
  nodes: [1, 2],
} as const;
const DEFAULTS = { seed: 1, verifications: 40, kills: 15, workers: 2, nodes: 1 } as const;

export const USAGE =
  'Usage: npm run chaos -- [--seed S] [--verifications N] [--kills K] [--workers W] [--links] [--server postgres [--nodes 2]] [--preload FILE]';

/** Reads the options of `USAGE`; throws an Error with a sentence for anything else. */
export function readOptions(args: string[]): PlanOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ seed: text, verifications: text, kills: text, workers: text },
      ...{ links: { type: 'boolean' }, server: text, nodes: text, preload: text },
    },
  });
  const read = (name: keyof typeof BOUNDS): number => {
    const given = values[name];
    const [least, most] = BOUNDS[name];
    const number = given === undefined ? DEFAULTS[name] : /^\d{1,10}$/.test(given) ? Number(given) : NaN;
    if (number >= least && number <= most) return number;
    throw new Error(`--${name} must be an integer from ${least} to ${most}.`);
  };
  const { server = 'embedded', links = false, preload } = values;
  if (server !== 'embedded' && server !== 'postgres') throw new Error('--server must be embedded or postgres.');
  if (server === 'embedded' && values.nodes !== undefined) throw new Error('--nodes goes with --server postgres.');
  const counts = { seed: read('seed'), verifications: read('verifications'), kills: read('kills') };
  return { ...counts, workers: read('workers'), nodes: read('nodes') === 2 ? 2 : 1, links, server, preload };
}
