/**
 * Runs a command and starts it again whenever it ends by itself, as systemd or compose would.
 *
 *   node scripts/keep-running.mjs COMMAND [ARGUMENT...]
 *
 * It stays in one process group with the command: SIGTERM ends both in order, SIGKILL to the group both at once.
 */
import { spawn } from 'node:child_process';

const START_AGAIN_AFTER_MS = 500;

const [command, ...commandArguments] = process.argv.slice(2);
let stopping = false;
let child;

function run() {
  child = spawn(command, commandArguments, { stdio: 'inherit' });
  child.once('error', (error) => {
    console.error(`${command} cannot be run (${error.code}).`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    if (stopping) process.exit(0);
    console.error(`It ended by itself (${signal ?? `exit code ${code}`}) and is started again.`);
    setTimeout(() => (stopping ? process.exit(0) : run()), START_AGAIN_AFTER_MS);
  });
}

process.on('SIGTERM', () => {
  stopping = true;
  child.kill('SIGTERM');
});
run();
