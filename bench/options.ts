import { parseArgs } from 'node:util';
import type { Settings } from './measurement';

/** Even, so that each competitor goes first as often as last. */
export const DEFAULT_REPEATS = 4;

export interface Options {
  /** Benchmarks by name; none: all. */
  names: string[];
  settings: Settings;
}

/** Reads `[NAME…] [--server embedded|postgres] [--repeats N] [--size N]`; throws an Error with a sentence. */
export function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  const options = { server: text, repeats: text, size: text };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const server = values.server ?? 'embedded';
  if (server !== 'embedded' && server !== 'postgres') throw new Error('--server must be embedded or postgres.');
  return {
    names: positionals,
    settings: {
      server,
      repeats: wholeNumber('--repeats', values.repeats) ?? DEFAULT_REPEATS,
      size: wholeNumber('--size', values.size),
      quick: false,
    },
  };
}

function wholeNumber(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new Error(`${name} must be a whole number from 1 on.`);
}
