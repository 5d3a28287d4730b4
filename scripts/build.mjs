/** Compiles `src` to `lib` and bundles the workflows, when the sources have changed since. Run alone, it builds. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { say, SetupError } from './report.mjs';

const stampFile = (root) => join(root, 'lib', '.build-stamp');
const bundleFile = (root) => join(root, 'lib', 'workflow-bundle.js');

/** Whether `lib` was built from the sources as they are now. */
export function isBuilt(root) {
  if (!existsSync(bundleFile(root)) || !existsSync(stampFile(root))) return false;
  return readFileSync(stampFile(root), 'utf8') === hashOfSources(root);
}

export function build(root) {
  say('building');
  const stamp = hashOfSources(root);
  // Gone while the build is at work, so that one that breaks off is not taken for done.
  rmSync(stampFile(root), { force: true });
  compile(root);
  bundleWorkflows(root);
  writeFileSync(stampFile(root), stamp);
}

function hashOfSources(root) {
  const sources = readdirSync(join(root, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name));
  const others = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];
  const hash = createHash('sha256').update(process.version);
  for (const name of [...sources, ...others].sort()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(root, name)));
  }
  return hash.digest('hex');
}

function compile(root) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = run(root, [compiler, '-p', 'tsconfig.build.json', '--pretty', 'false']);
  if (result.status !== 0) throw new SetupError(`the sources do not compile:\n${result.output}`);
}

function bundleWorkflows(root) {
  const temporary = `${bundleFile(root)}.${process.pid}.tmp`;
  const program = `
    require('./lib/bundle-workflows.js').bundleWorkflows().then(
      ({ code }) => require('node:fs').writeFileSync(${JSON.stringify(temporary)}, code),
      (error) => { console.error(error.message); process.exitCode = 1; });`;
  const result = run(root, ['-e', program]);
  if (result.status !== 0) throw new SetupError(`the workflows cannot be bundled:\n${result.output}`);
  renameSync(temporary, bundleFile(root));
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
