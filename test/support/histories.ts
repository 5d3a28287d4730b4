import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { temporal } from '@temporalio/proto';

export type History = temporal.api.history.v1.IHistory;

const FOLDER = join(__dirname, '../histories');

/** What a recording would tell of the machine it was made on. */
const SCRUBBED = new Set(['identity', 'stackTrace']);

/** The names of all recordings. */
export function recordedNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function readHistory(name: string): History {
  return historyFromJSON(JSON.parse(readFileSync(fileOf(name), 'utf8')));
}

/** Keeps a history as Temporal's own JSON of it, which every SDK and the `temporal` command read. */
export function writeHistory(name: string, history: History): void {
  const told: unknown = JSON.parse(historyToJSON(history), (key, value: unknown) =>
    SCRUBBED.has(key) ? 'scrubbed' : value,
  );
  writeFileSync(fileOf(name), `${JSON.stringify(told, undefined, 2)}\n`);
}

export function removeHistory(name: string): void {
  rmSync(fileOf(name));
}

const fileOf = (name: string): string => join(FOLDER, `${name}.json`);
