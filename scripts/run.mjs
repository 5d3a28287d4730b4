/**
 * Sets the checkout up and runs one of its programs in this same process, so that signals arrive.
 *
 *   node scripts/run.mjs [--server] PROGRAM [ARGUMENT...]
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { trySetUp } from './setup.mjs';

const PARENT_LOOK_MS = 500;

const given = process.argv.slice(2);
const server = given[0] === '--server';
const [program, ...programArguments] = server ? given.slice(1) : given;

/** npm dies of a SIGTERM without passing it on; a program that outlives it would run unseen. */
function endWithNpm() {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), PARENT_LOOK_MS).unref();
}

if (process.env.npm_lifecycle_event) endWithNpm();
if (await trySetUp({ server })) {
  const file = fileURLToPath(new URL(`../lib/${program}.js`, import.meta.url));
  process.argv = [process.execPath, file, ...programArguments];
  createRequire(import.meta.url)(file);
}
