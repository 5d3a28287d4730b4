/**
 * Sets the checkout up and runs one of its programs in this same process, so that a signal sent to it arrives.
 *
 *   node scripts/run.mjs [--server] PROGRAM [ARGUMENT...]
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { trySetUp } from './setup.mjs';

const given = process.argv.slice(2);
const server = given[0] === '--server';
const [program, ...programArguments] = server ? given.slice(1) : given;

if (await trySetUp({ server })) {
  const file = fileURLToPath(new URL(`../lib/${program}.js`, import.meta.url));
  process.argv = [process.execPath, file, ...programArguments];
  createRequire(import.meta.url)(file);
}
