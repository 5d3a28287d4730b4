/**
 * Sets the checkout up and runs one of its programs in this same process, so that signals arrive.
 *
 *   node scripts/run.mjs [--server] [--tests] [--checks] PROGRAM [ARGUMENT...]
 *
 * `--checks` is for the programs of `lib/checks`, which put the others to the test.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { trySetUp } from './setup.mjs';

const PARENT_LOOK_MS = 500;

const given = process.argv.slice(2);
const first = given.findIndex((argument) => !argument.startsWith('--'));
const needs = given.slice(0, first);
const [program, ...programArguments] = given.slice(first);
const checks = needs.includes('--checks');

/** npm dies of a SIGTERM without passing it on; a program that outlives it would run unseen. */
function endWithNpm() {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), PARENT_LOOK_MS).unref();
}

if (process.env.npm_lifecycle_event) endWithNpm();
if (await trySetUp({ server: needs.includes('--server'), tests: needs.includes('--tests'), checks })) {
  const file = fileURLToPath(new URL(`../lib/${checks ? 'checks/' : ''}${program}.js`, import.meta.url));
  process.argv = [process.execPath, file, ...programArguments];
  createRequire(import.meta.url)(file);
}
