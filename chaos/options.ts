import { parseArgs } from 'node:util';
import type { PlanOptions } from './plan';

const BOUNDS = { seed: [0, 4_294_967_295], verifications: [1, 500], kills: [0, 200] } as const;
const DEFAULTS: PlanOptions = { seed: 1, verifications: 40, kills: 15 };

/** Reads `--seed S --verifications N --kills K`; throws an Error with a sentence for anything else. */
export function readOptions(args: string[]): PlanOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args, options: { seed: text, verifications: text, kills: text } });
  const read = (name: keyof PlanOptions): number => {
    const given = values[name];
    const [least, most] = BOUNDS[name];
    const number = given === undefined ? DEFAULTS[name] : /^\d{1,10}$/.test(given) ? Number(given) : NaN;
    if (number >= least && number <= most) return number;
    throw new Error(`--${name} must be an integer from ${least} to ${most}.`);
  };
  return { seed: read('seed'), verifications: read('verifications'), kills: read('kills') };
}
