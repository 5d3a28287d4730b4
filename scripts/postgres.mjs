import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ClusterError, killAtOnce, run } from './processes.mjs';

/** Where Debian keeps the programs of each version. */
const DEBIAN = '/usr/lib/postgresql';
const INIT_MS = 60_000;
/** Long enough to replay what was written before a crash. */
const START_MS = 60_000;
const STOP_MS = 20_000;
/** What `pg_ctl` gets beyond the time that it gives itself. */
const MARGIN_MS = 5_000;
/** Each of the four services of a node has connections of its own. */
const MAX_CONNECTIONS = 300;

/** The name of the superuser, who needs no password. */
export const USER = 'temporal';

/** Makes a PostgreSQL of its own in the folder; `postgres` is `{ port, folder }`. It is not started yet. */
export async function createPostgres(postgres) {
  const program = findPostgres();
  mkdirSync(postgres.folder);
  const { uid, gid } = owner();
  if (uid !== undefined) openTo(postgres.folder, uid, gid);
  const options = ['--username', USER, '--auth', 'trust', '--encoding', 'UTF8', '--no-locale', '--no-sync'];
  await runAsOwner('initdb', program('initdb'), ['-D', data(postgres), ...options], INIT_MS);
}

/** Starts it, and resolves when it takes connections; one that runs is left alone. */
export async function startPostgres(postgres) {
  if (isPostgresRunning(postgres)) return;
  const server = ['-p', postgres.port, '-c', 'listen_addresses=127.0.0.1', '-c', `max_connections=${MAX_CONNECTIONS}`];
  // Over TCP alone: the path of a socket may not be as long as that of a folder.
  const settings = [...server, '-c', "unix_socket_directories=''"].join(' ');
  await control(postgres, ['-l', join(postgres.folder, 'log'), '-o', settings, 'start'], START_MS);
}

/** Kills all of its processes: nothing is written out and every connection breaks; the next start recovers from the log. */
export async function killPostgres(postgres) {
  if (!isPostgresRunning(postgres)) return;
  const first = Number(readFileSync(join(data(postgres), 'postmaster.pid'), 'utf8').split('\n')[0]);
  const others = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').match(/\d+/g) ?? [];
  await killAtOnce([first, ...others.map(Number)]);
}

/** Ends it in order, or at once when that takes too long. */
export async function stopPostgres(postgres) {
  if (!isPostgresRunning(postgres)) return;
  await control(postgres, ['-m', 'fast', 'stop'], STOP_MS).catch(() => killPostgres(postgres));
}

export function isPostgresRunning(postgres) {
  const { uid, gid } = owner();
  return spawnSync(findPostgres()('pg_ctl'), ['-D', data(postgres), 'status'], { uid, gid, cwd: '/' }).status === 0;
}

const data = ({ folder }) => join(folder, 'data');

function control(postgres, args, withinMs) {
  const wait = ['-D', data(postgres), '-w', '-t', String(withinMs / 1000)];
  return runAsOwner(
    `pg_ctl ${args.at(-1)} (log: ${join(postgres.folder, 'log')})`,
    findPostgres()('pg_ctl'),
    [...wait, ...args],
    withinMs,
  );
}

function runAsOwner(purpose, program, args, withinMs) {
  return run(purpose, program, args, { ...owner(), cwd: '/', timeout: withinMs + MARGIN_MS });
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function owner() {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((which) => {
    const answer = spawnSync('id', [which, 'postgres'], { encoding: 'utf8' });
    if (answer.status === 0) return Number(answer.stdout);
    throw new ClusterError('There is no user postgres: install PostgreSQL (apt-get install postgresql).');
  });
  return { uid, gid };
}

/** Gives the folder to the user and lets it pass through the one above, which a temporary folder does not by itself. */
function openTo(folder, uid, gid) {
  chmodSync(join(folder, '..'), 0o711);
  chownSync(folder, uid, gid);
  if (spawnSync('test', ['-w', folder], { uid, gid, cwd: '/' }).status !== 0) {
    throw new ClusterError(
      `The user postgres cannot reach ${folder}: choose a folder under one that is open to all, as /tmp.`,
    );
  }
}

/** Gives the paths of its programs: of those on the PATH, else of the newest that Debian has installed. */
function findPostgres() {
  const versions = readFolder(DEBIAN).sort((one, other) => Number(other) - Number(one));
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...versions.map((name) => join(DEBIAN, name, 'bin'))];
  const found = folders.find(
    (folder) => folder !== '' && isProgram(join(folder, 'pg_ctl')) && isProgram(join(folder, 'initdb')),
  );
  if (found === undefined)
    throw new ClusterError('There is no PostgreSQL on this machine: install it (apt-get install postgresql).');
  return (name) => join(found, name);
}

function readFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
