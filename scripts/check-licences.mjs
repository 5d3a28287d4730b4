/** Checks that every package of the lockfile has a licence that may be used in a product that is not open. */
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const { packages } = read('package-lock.json');

/** By SPDX names: they ask for a notice at most. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
];

/** Data about browsers, which the bundler of the workflows reads; it asks for a notice. */
const ALLOWED_FOR = { 'caniuse-lite': 'CC-BY-4.0' };

/** What packages say in a LICENSE file alone. */
const BY_FILE = { unionfs: 'Unlicense' };

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** What the lockfile says, else the package itself, else the package that it is a part of for another platform. */
function licenceOf(path) {
  if (packages[path].license) return packages[path].license;
  if (existsSync(new URL(`${path}/package.json`, root))) {
    const { license, licenses } = read(`${path}/package.json`);
    return license ?? licenses?.map(({ type }) => type).join(' OR ') ?? BY_FILE[nameOf(path)] ?? 'none';
  }
  const whole = Object.keys(packages).find((other) => packages[other].optionalDependencies?.[nameOf(path)]);
  return whole ? licenceOf(whole) : 'none';
}

/** Reads the expressions that occur: `A`, `(A OR B)`, `A AND B`. */
function isAllowed(expression, name) {
  const plain = expression.replace(/[()]/g, '');
  if (plain.includes(' AND ')) return plain.split(' AND ').every((part) => isAllowed(part, name));
  return plain.split(' OR ').some((part) => ALLOWED.includes(part) || ALLOWED_FOR[name] === part);
}

const paths = Object.keys(packages).filter((path) => path !== '' && !packages[path].link);
const refused = paths.filter((path) => !isAllowed(licenceOf(path), nameOf(path)));
for (const path of refused) console.error(`${path}: ${licenceOf(path)} is no licence on the list`);
console.log(`${paths.length} packages, ${refused.length} without an allowed licence`);
process.exitCode = refused.length > 0 ? 1 : 0;
