/**
 * Makes a checkout ready to run: packages, Temporal's binaries, the build. Quick when there is nothing to do.
 *
 *   node scripts/setup.mjs [--server] [--tests]
 *
 * `--server` finds or fetches the Temporal CLI, `--tests` the time-skipping test server. Uses Node's own modules alone,
 * since it runs before any package is installed.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, isBuilt } from './build.mjs';
import { findTemporal, isTemporalFound } from './find-temporal.mjs';
import { arePackagesInstalled, installPackages } from './install-packages.mjs';
import { withLock } from './lock.mjs';
import { say, SetupError } from './report.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The oldest Node that all packages run on; ESLint is the one that demands it. */
const OLDEST_NODE = [20, 19];

/**
 * Does what is missing, and only that; `server` and `tests` say which binaries are needed, `checks` whether the programs
 * that put it to the test are. Says what it does, and nothing when there is nothing to do. Throws `SetupError`.
 */
export async function setUp({ server = false, tests = false, checks = false } = {}) {
  checkNode();
  // The production image holds the compiled code and its packages, and nothing to build from.
  if (!existsSync(join(root, 'tsconfig.build.json'))) return;

  const tools = [];
  if (server) tools.push('temporalCli');
  if (tests) tools.push('temporalTestServer');
  const isReady = () => arePackagesInstalled(root) && isTemporalFound(root, tools) && isBuilt(root, { checks });
  if (isReady()) return;

  mkdirSync(join(root, '.cache'), { recursive: true });
  await withLock(join(root, '.cache', 'setup.lock'), async () => {
    if (!arePackagesInstalled(root)) installPackages(root);
    if (!isTemporalFound(root, tools)) await findTemporal(root, tools);
    if (!isBuilt(root, { checks })) build(root, { checks });
  });
}

/** Runs `setUp` and tells of its failure in one sentence; gives whether it succeeded. */
export async function trySetUp(needs) {
  try {
    await setUp(needs);
    return true;
  } catch (error) {
    say(error instanceof SetupError ? error.message : `failed: ${error.message}`);
    process.exitCode = 1;
    return false;
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupError(
    `Node ${OLDEST_NODE.join('.')} or newer is needed and this is ${process.versions.node}: install Node 22.`,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = process.argv.slice(2);
  await trySetUp({ server: options.includes('--server'), tests: options.includes('--tests') });
}
