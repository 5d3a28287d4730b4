/**
 * The real servers that some checks run against, built by Go from pinned sources and kept in the cache.
 *
 *   node scripts/go-programs.mjs NAME...      builds what is missing and prints the paths, one a line
 *
 * Go checks each module's hash against its checksum database.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache-folder.mjs';
import { say, SetupError } from './report.mjs';

const programs = JSON.parse(readFileSync(new URL('go-programs.json', import.meta.url), 'utf8'));

/** The Temporal server is the largest: ten minutes on a slow machine with cold caches. */
const BUILD_TIMEOUT_MS = 30 * 60_000;

/** The path of the program, built first if it is not in the cache. Throws `SetupError`. */
export function goProgram(name) {
  const program = programs[name];
  if (!program) throw new SetupError(`there is no program ${name}: name one of ${Object.keys(programs).join(', ')}.`);
  const path = join(cacheFolder(), `${name}-${program.version}-${process.platform}-${process.arch}`, name);
  if (!existsSync(path)) build(name, program, path);
  return path;
}

function build(name, { package: source, version }, path) {
  say(`building ${name} ${version} with Go, which may take minutes`);
  mkdirSync(join(path, '..'), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'build-'));
  try {
    const result = spawnSync('go', ['install', '-ldflags=-s -w', `${source}@${version}`], {
      cwd: folder,
      encoding: 'utf8',
      timeout: BUILD_TIMEOUT_MS,
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false' },
    });
    if (result.error) {
      throw new SetupError(`${name} needs Go, which cannot be run (${result.error.code}): install Go 1.26.`);
    }
    if (result.status !== 0) throw new SetupError(`${name} cannot be built:\n${result.stderr.trim()}`);
    // In one step, so that no other process ever sees half of it.
    const [built] = readdirSync(folder);
    renameSync(join(folder, built), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const name of process.argv.slice(2)) console.log(goProgram(name));
  } catch (error) {
    say(error instanceof SetupError ? error.message : `failed: ${error.message}`);
    process.exitCode = 1;
  }
}
