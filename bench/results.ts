import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine';
import { isMet, type Figure, type Measured, type Settings } from './measurement';
import { median } from './statistics';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const FOLDER = path.join(ROOT, 'bench', 'results');

/** What is kept of one run. */
export interface Result extends Measured {
  benchmark: string;
  measures: string;
  server: Settings['server'];
  /** The command that made it. */
  command: string;
  /** On what it ran, such as `embedded server 1.32.0`. */
  where: string;
  machine: Machine;
}

/** Replaces the result of an earlier run on the same kind of server. */
export function keep(result: Result): void {
  mkdirSync(FOLDER, { recursive: true });
  const file = path.join(FOLDER, `${result.benchmark}.${result.server}.json`);
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(5)) : value;
  writeFileSync(file, `${JSON.stringify(result, rounded, 2)}\n`);
}

/** All that is kept, by file name. */
export function kept(): Result[] {
  if (!existsSync(FOLDER)) return [];
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Result);
}

/** Such as `0.93 (0.90 to 0.95)`, with its unit. */
export function shown({ values, unit }: Pick<Figure, 'values' | 'unit'>): string {
  const number = (value: number): string => {
    if (!Number.isFinite(value)) return '-';
    if (Number.isInteger(value)) return String(value);
    return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
  };
  const unitText = unit === '' || unit.startsWith('/') ? unit : ` ${unit}`;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = values.length > 1 && least !== most ? ` (${number(least)} to ${number(most)})` : '';
  return `${number(median(values))}${spread}${unitText}`;
}

/** The goal in words and whether the median meets it; empty without one. */
export function goalShown({ goal, values }: Figure): { goal: string; met: string } {
  if (goal === undefined) return { goal: '', met: '' };
  const text = 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`;
  return { goal: text, met: isMet(median(values), goal) ? 'yes' : 'no' };
}
