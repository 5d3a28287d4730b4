import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, SetupError } from './report.mjs';

/** Whether node_modules holds what the lockfile names, by the record that npm itself leaves there. */
export function arePackagesInstalled(root) {
  let installed;
  try {
    installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  } catch {
    return false;
  }
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    // Optional packages are those of other platforms.
    if (!found) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

const packagesOf = (lockfile) => JSON.parse(readFileSync(lockfile, 'utf8')).packages;

/** Installs exactly what the lockfile names, in place of what is in node_modules. */
export function installPackages(root) {
  say('installing packages (npm ci); this takes a minute the first time');
  // NODE_ENV=production would leave out the compiler that the build needs.
  const options = ['ci', '--include=dev', '--loglevel=error', '--no-progress'];
  const output = { cwd: root, stdio: ['ignore', 2, 2] };
  const ownNpm = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
  const result = ownNpm
    ? spawnSync(process.execPath, [ownNpm, ...options], output)
    : spawnSync('npm', options, { ...output, shell: process.platform === 'win32' });
  if (result.error) throw new SetupError(`npm cannot be run (${result.error.code}): install it, it comes with Node.`);
  if (result.status !== 0) {
    throw new SetupError('npm ci failed for the reason above: mend it (the network, the registry) and start again.');
  }
}
