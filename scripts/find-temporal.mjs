import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fetchTool, fetchedEarlier } from './fetch-temporal.mjs';
import { say, SetupError } from './report.mjs';
import { examine } from './temporal-binary.mjs';

const tools = JSON.parse(readFileSync(new URL('temporal-packages.json', import.meta.url), 'utf8'));

const recordFile = (root) => join(root, '.cache', 'setup.json');

/** Whether every tool asked for was found before, and is still the same file. */
export function isTemporalFound(root, names) {
  const record = readRecord(root);
  return names.every((name) => {
    const path = record[name];
    const wanted = givenPath(tools[name]);
    if (!path || (wanted && wanted !== path)) return false;
    return record.examined?.[path] !== undefined && record.examined[path] === fingerprint(path);
  });
}

/** Finds or fetches the tools and writes their paths to `.cache/setup.json`, where the demo and the tests read them. */
export async function findTemporal(root, names) {
  const found = {};
  for (const name of names) found[name] = await find(root, tools[name]);
  const record = { ...readRecord(root), ...found };
  const paths = Object.keys(tools).flatMap((name) => record[name] ?? []);
  record.examined = Object.fromEntries(paths.map((path) => [path, fingerprint(path)]));
  const temporary = `${recordFile(root)}.${process.pid}.tmp`;
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(temporary, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(temporary, recordFile(root));
}

/** The path of the Temporal CLI: what the environment names, else what set-up has found, or finds and fetches now. */
export async function temporalCli(root) {
  const path = givenPath(tools.temporalCli);
  if (path) return path;
  if (!isTemporalFound(root, ['temporalCli'])) await findTemporal(root, ['temporalCli']);
  return readRecord(root).temporalCli;
}

/** The path given by the environment, else one on the PATH, else one fetched before, else one fetched now. */
async function find(root, tool) {
  return given(tool) ?? onPath(tool) ?? fetchedEarlier(tool) ?? (await fetchTool(root, tool));
}

const givenPath = (tool) => process.env[tool.variable] && resolve(process.env[tool.variable]);

function given(tool) {
  const path = givenPath(tool);
  if (!path) return undefined;
  const verdict = examine(path, tool);
  if (!verdict.runs) throw new SetupError(`${tool.variable} names ${path}, ${verdict.reason}: correct it or unset it.`);
  if (verdict.tooOld) say(`${tool.variable} is used although ${verdict.reason}`);
  return path;
}

function onPath(tool) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const file = process.platform === 'win32' ? `${tool.command}.exe` : tool.command;
  const path = folders.map((folder) => join(folder, file)).find((candidate) => fingerprint(candidate));
  if (!path) return undefined;
  const verdict = examine(path, tool);
  if (verdict.runs && !verdict.tooOld) return path;
  say(`${path} is left alone, ${verdict.reason}`);
  return undefined;
}

function readRecord(root) {
  try {
    return JSON.parse(readFileSync(recordFile(root), 'utf8'));
  } catch {
    return {};
  }
}

/** Changes when another file takes the path; nothing when there is none. */
function fingerprint(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? `${stats.size}:${stats.mtimeMs}` : undefined;
}
