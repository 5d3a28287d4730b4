import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const supervisor = fileURLToPath(new URL('keep-running.mjs', import.meta.url));
/** How often a condition is looked at again. */
const LOOK_MS = 100;
/** A killed process is gone at once, save on a machine that has no time for it. */
const KILLED_MS = 5_000;

/** A step that failed; the message is a sentence for whoever runs the command. */
export class ClusterError extends Error {}

/** Runs a command to its end and gives its standard output; throws a `ClusterError` that says that `purpose` failed. */
export async function run(purpose, command, args, { input = '', ...options }) {
  try {
    const running = promisify(execFile)(command, args, options);
    running.child.stdin?.end(input);
    return (await running).stdout;
  } catch (error) {
    const reason = error.killed ? 'it took too long' : `${error.stderr ?? ''}`.trim() || error.message;
    throw new ClusterError(`${purpose} failed: ${reason}`);
  }
}

/** Tries until it succeeds or the time is over, and then throws what the last try threw. */
export async function eventually(withinMs, attempt) {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
    await sleep(LOOK_MS);
  }
}

/** Leaves the command running in the background, started again whenever it ends by itself; `env` is all it is told. */
export function keepRunning(command, args, { pidFile, logFile, env = process.env }) {
  const log = openSync(logFile, 'a');
  const options = { detached: true, stdio: ['ignore', log, log], env };
  const kept = spawn(process.execPath, [supervisor, command, ...args], options).on('error', () => undefined);
  kept.unref();
  closeSync(log);
  if (kept.pid === undefined) throw new ClusterError('No other process can be started here: end some.');
  writeFileSync(pidFile, String(kept.pid));
}

/** Whether what `keepRunning` left behind still runs. */
export function isKeptRunning(pidFile) {
  return supervisorOf(pidFile) !== undefined;
}

/** Ends it, with SIGTERM and a time to end in order, or at once with SIGKILL. */
export async function endKeptRunning(pidFile, { graceMs }) {
  const pid = supervisorOf(pidFile);
  if (pid !== undefined && graceMs > 0) {
    signal(pid, 'SIGTERM');
    await untilGone(pid, graceMs);
  }
  if (pid !== undefined) {
    signal(-pid, 'SIGKILL');
    await untilGone(-pid, KILLED_MS);
  }
  rmSync(pidFile, { force: true });
}

/** Kills them all at once, without mercy, and resolves when they are gone. */
export async function killAtOnce(pids) {
  for (const pid of pids) signal(pid, 'SIGKILL');
  await Promise.all(pids.map((pid) => untilGone(pid, KILLED_MS)));
}

async function untilGone(pid, withinMs) {
  const giveUpAt = Date.now() + withinMs;
  while (signal(pid, 0) && Date.now() < giveUpAt) await sleep(LOOK_MS);
}

function supervisorOf(pidFile) {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  // After a restart of the machine the id may be another program's.
  const commandLine = `/proc/${pid}/cmdline`;
  if (!signal(pid, 0) || (existsSync(commandLine) && !readFileSync(commandLine, 'utf8').includes(supervisor))) {
    return undefined;
  }
  return pid;
}

/** Gives whether there was anything to send it to. */
function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Below those that the system gives to outgoing connections, so that a killed server finds its own port still free. */
const PORTS = { first: 10_000, last: 32_000 };

/** Different ports of the loopback address that nobody listens on. */
export async function freePorts(count) {
  const found = new Set();
  while (found.size < count) {
    const port = PORTS.first + Math.floor(Math.random() * (PORTS.last - PORTS.first));
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
