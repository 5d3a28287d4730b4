import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { temporal } from '@temporalio/proto';

export type History = temporal.api.history.v1.IHistory;

const FOLDER = join(__dirname, '../histories');

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

/**
 * Keeps a history as Temporal's own JSON of it, which every SDK and the `temporal` command read, without what it tells
 * of the machine it was recorded on.
 */
export function writeHistory(name: string, history: History): void {
  const told: unknown = JSON.parse(historyToJSON(history), (key, value: unknown) =>
    key === 'stackTrace' ? '' : value,
  );
  const text = JSON.stringify(told, undefined, 2).replaceAll(`@${hostname()}`, '@host');
  writeFileSync(fileOf(name), `${text}\n`);
}

export function removeHistory(name: string): void {
  rmSync(fileOf(name));
}

const fileOf = (name: string): string => join(FOLDER, `${name}.json`);
