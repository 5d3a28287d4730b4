/**
 * Makes a checkout ready to run: packages, Temporal's binaries, the build. Quick when there is nothing to do.
 *
 *   node scripts/setup.mjs [--server] [--tests] [--quiet]
 *
 * `--server` finds or fetches the Temporal CLI, `--tests` the time-skipping test server; `--quiet` says nothing when
 * there is nothing to do. Uses Node's own modules alone, since it runs before any package is installed.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isBuilt } from './build.mjs';
import { findTemporal, isTemporalFound } from './find-temporal.mjs';
import { arePackagesInstalled, installPackages } from './install-packages.mjs';
import { withLock } from './lock.mjs';
import { say, SetupError } from './report.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = process.argv.slice(2);

/** The oldest Node that the scripts run on; the Temporal SDK itself is content with 20.3. */
const OLDEST_NODE = [20, 11];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupError(
    `Node ${OLDEST_NODE.join('.')} or newer is needed and this is ${process.versions.node}: install Node 22.`,
  );
}

function checkOptions() {
  const unknown = options.find((option) => !['--server', '--tests', '--quiet'].includes(option));
  if (unknown) throw new SetupError(`unknown option ${unknown}; there are --server, --tests and --quiet.`);
}

async function setUp() {
  checkNode();
  checkOptions();
  // The production image holds the compiled code and its packages, and nothing to build from.
  if (!existsSync(join(root, 'tsconfig.build.json'))) return;

  const tools = [];
  if (options.includes('--server')) tools.push('temporalCli');
  if (options.includes('--tests')) tools.push('temporalTestServer');
  const isReady = () => arePackagesInstalled(root) && isTemporalFound(root, tools) && isBuilt(root);

  if (!isReady()) {
    mkdirSync(join(root, '.cache'), { recursive: true });
    await withLock(join(root, '.cache', 'setup.lock'), async () => {
      if (!arePackagesInstalled(root)) installPackages(root);
      if (!isTemporalFound(root, tools)) await findTemporal(root, tools);
      if (!isBuilt(root)) build(root);
    });
  }
  if (!options.includes('--quiet')) say('everything is in place');
}

try {
  await setUp();
} catch (error) {
  say(error instanceof SetupError ? error.message : `failed: ${error.message}`);
  process.exitCode = 1;
}
