/** Checks what no other tool does about the packages; each line on standard error is something to mend. */
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const lockfile = read('package-lock.json');
const { packages } = JSON.parse(lockfile);
const { dependencies, devDependencies } = JSON.parse(read('package.json'));

const complaints = [];

// A host in the lockfile ties every install to the registry of the one who wrote it.
if (lockfile.includes('"resolved": "http')) complaints.push('package-lock.json names a registry host');

const temporal = Object.entries(packages).filter(([path]) => /(^|\/)node_modules\/@temporalio\/[^/]+$/.test(path));
const versions = new Set(temporal.map(([, { version }]) => version));
if (versions.size !== 1) complaints.push(`@temporalio/* are at several versions: ${[...versions].join(', ')}`);

// Without it npm installs several copies, and histories can then not be read from JSON.
if (!dependencies.protobufjs) complaints.push('protobufjs is no direct dependency');
const copies = Object.keys(packages).filter((path) => /\/@temporalio\/.*\/node_modules\/protobufjs$/.test(path));
if (copies.length > 0) complaints.push(`@temporalio/* have copies of protobufjs of their own: ${copies.join(', ')}`);

const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d/.test(version));
if (ranges.length > 0) complaints.push(`not at an exact version: ${ranges.map(([name]) => name).join(', ')}`);

// Without its hash, npm would take whatever a registry gives for that version.
const unhashed = Object.entries(packages)
  .filter(([path, { integrity, link }]) => path !== '' && !link && !integrity)
  .map(([path]) => path);
if (unhashed.length > 0) complaints.push(`package-lock.json has no integrity for ${unhashed.join(', ')}`);

// A package's own script would run with all rights of whoever installs it.
if (!/^ignore-scripts=true$/m.test(read('.npmrc'))) complaints.push('.npmrc does not switch install scripts off');

for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
