/**
 * Compiles `src` to `lib` and bundles the workflows, and compiles the programs that put it to the test to `lib/checks`,
 * each when its sources have changed since. Run alone, it builds `lib`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { say, SetupError } from './report.mjs';

/** What is built: from which folders, by which configuration, to where. */
const LIB = { folders: ['src'], project: 'tsconfig.build.json', output: 'lib' };
const CHECKS = {
  folders: ['src', 'test/support', 'chaos', 'bench'],
  project: 'tsconfig.checks.json',
  output: 'lib/checks',
};

const stampFile = (root, { output }) => join(root, output, '.build-stamp');
const bundleFile = (root) => join(root, 'lib', 'workflow-bundle.js');
const encryptedBundleFile = (root) => join(root, 'lib', 'workflow-bundle-encrypted.js');

/** Whether `lib` was built from the sources as they are now, and `lib/checks`, too, if it is wanted. */
export function isBuilt(root, { checks = false } = {}) {
  return (
    [bundleFile(root), encryptedBundleFile(root)].every((file) => existsSync(file)) &&
    isCurrent(root, LIB) &&
    (!checks || isCurrent(root, CHECKS))
  );
}

/** Builds what is not built from the sources as they are now. */
export function build(root, { checks = false } = {}) {
  say('building');
  if (!isBuilt(root)) compile(root, LIB, () => bundleWorkflows(root));
  if (checks && !isCurrent(root, CHECKS)) compile(root, CHECKS);
}

function isCurrent(root, target) {
  const file = stampFile(root, target);
  return existsSync(file) && readFileSync(file, 'utf8') === hashOfSources(root, target);
}

function hashOfSources(root, { folders, project }) {
  const sources = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  const others = ['package-lock.json', 'tsconfig.json', project, 'scripts/build.mjs'];
  const hash = createHash('sha256').update(process.version);
  for (const name of [...sources, ...others].sort()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(root, name)));
  }
  return hash.digest('hex');
}

function compile(root, target, then = () => undefined) {
  const stamp = hashOfSources(root, target);
  // Gone while the build is at work, so that one that breaks off is not taken for done.
  rmSync(stampFile(root, target), { force: true });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = run(root, [compiler, '-p', target.project, '--pretty', 'false']);
  if (result.status !== 0) throw new SetupError(`the sources do not compile:\n${result.output}`);
  then();
  writeFileSync(stampFile(root, target), stamp);
}

/** One bundle for workers that write plain, and one for those that encrypt; the key is of no account. */
function bundleWorkflows(root) {
  const program = `
    const { bundleWorkflows } = require('./lib/bundle-workflows.js');
    const { EncryptionPlugin } = require('./lib/privacy/plugin.js');
    const { KeyRing } = require('./lib/privacy/key-ring.js');
    const anyKey = KeyRing.parse('any:' + Buffer.alloc(32).toString('base64'));
    const make = async (keys, file) => {
      const { code } = await bundleWorkflows(new EncryptionPlugin(keys));
      require('node:fs').writeFileSync(file, code);
    };
    const [plain, encrypted] = process.argv.slice(1);
    make(KeyRing.empty, plain).then(() => make(anyKey, encrypted)).catch((error) => {
      console.error(error.message);
      process.exitCode = 1;
    });`;
  const files = [bundleFile(root), encryptedBundleFile(root)];
  const temporary = files.map((file) => `${file}.${process.pid}.tmp`);
  const result = run(root, ['-e', program, ...temporary]);
  if (result.status !== 0) throw new SetupError(`the workflows cannot be bundled:\n${result.output}`);
  files.forEach((file, index) => renameSync(temporary[index], file));
}

function run(root, args) {
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return { status: result.status, output: `${result.stdout}${result.stderr}`.trim() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  mkdirSync(join(root, '.cache'), { recursive: true });
  try {
    await withLock(join(root, '.cache', 'setup.lock'), async () => {
      if (!isBuilt(root)) build(root);
    });
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
