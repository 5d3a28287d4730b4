/**
 * The production profile of docker-compose.yml as plain processes on this machine, all of it in a folder of its own:
 * PostgreSQL, a Temporal server on it with its UI, the namespace `kyc` with its search attributes, the codec server, two
 * workers and Prometheus with the shipped rules. The sandbox stands in for Notus; Grafana is left out, for no package
 * registry has it.
 *
 *   npm run production -- start DIR      starts what does not run, and says where it is; the data of before are kept
 *   npm run production -- status DIR     says what is ready; the exit code is 1 if something is not
 *   npm run production -- stop DIR       ends all of it in order, workers finish their calls; the folder stays
 *
 * The secrets are files in `DIR/secrets`, made at the first start. `DIR/production.json` says where everything is.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporalCli } from './find-temporal.mjs';
import { goProgram } from './go-programs.mjs';
import { createPostgres, isPostgresRunning, startPostgres, stopPostgres, USER } from './postgres.mjs';
import { ClusterError, endKeptRunning, eventually, freePorts, isKeptRunning, keepRunning, run } from './processes.mjs';
import { clientVariables, configurePrometheus, configureUi, partsOf, projectProgram } from './production-parts.mjs';
import { SetupError } from './report.mjs';
import { setUp } from './setup.mjs';
import * as temporal from './temporal-node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const NAMESPACE = 'kyc';
/** Of PostgreSQL, the sandbox, the codec server, the UI, Prometheus, and two of each worker. */
const OTHER_PORTS = 9;
const SETUP_MS = 60_000;
const READY_MS = 60_000;
const LOOK_MS = 5_000;
const WIDTH = 14;

async function start(folder) {
  await setUp({ server: true });
  // Secrets, logs and documents are nobody else's business; what is set up is the checkout's.
  process.umask(0o077);
  if (spawnSync('prometheus', ['--version']).error) {
    throw new ClusterError('There is no prometheus on the PATH: install it (apt-get install prometheus).');
  }
  const isNew = !existsSync(stateFile(folder));
  if (isNew) await create(folder);
  const state = readState(folder);
  if (!isNew && !state.isPrepared) {
    throw new ClusterError(`The first start in ${folder} broke off: stop it, take it away and start anew.`);
  }
  try {
    await bringUp(folder, state);
  } catch (error) {
    // What went wrong first is what matters.
    if (isNew) await stop(folder).catch(() => undefined);
    throw error;
  }
  tell(folder, state);
}

async function bringUp(folder, state) {
  const { postgres, node, isPrepared } = state;
  if (!isPrepared) await createPostgres(postgres);
  await startPostgres(postgres);
  if (!isPrepared) await prepareDatabase(folder, state);
  await temporal.startNode(node, await commandLine(folder));
  if (!isPrepared) await prepareNamespace(folder, state);
  await startParts(folder, state);
}

/** Chooses the ports and makes the secrets; nothing runs yet. */
async function create(folder) {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) {
    throw new ClusterError(`${folder} is not empty: name a folder that is empty or not there yet.`);
  }
  const secrets = {
    NOTUS_API_KEY: randomBytes(24).toString('hex'),
    KYC_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    KYC_CODEC_TOKEN: randomBytes(24).toString('hex'),
  };
  mkdirSync(join(folder, 'secrets'));
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, 'secrets', name), value);
  mkdirSync(join(folder, 'documents'));

  const [port, ...ports] = await freePorts(OTHER_PORTS + temporal.PORTS_AS_IN_COMPOSE);
  const postgres = { port, folder: join(folder, 'postgres') };
  const ofNode = ports.splice(0, temporal.PORTS_AS_IN_COMPOSE);
  const node = temporal.createNodeAsInCompose(join(folder, 'temporal'), ofNode, postgres);
  const [sandbox, codecServer, ui, prometheus, ...left] = ports.map((own) => `127.0.0.1:${own}`);
  const workers = [0, 2].map((first) => ({ health: left[first], metrics: left[first + 1] }));
  const places = { temporal: node.address, namespace: NAMESPACE, sandbox, codecServer, ui, workers, prometheus };
  writeState(folder, { isPrepared: false, ...places, postgres, node });
}

// What compose leaves to its services that run once is done by the same scripts and commands.

async function prepareDatabase(folder, { postgres }) {
  const server = { SQL_PLUGIN: 'postgres12', SQL_HOST: '127.0.0.1', SQL_PORT: String(postgres.port) };
  const env = { ...server, SQL_USER: USER, SQL_PASSWORD: USER };
  await runScript(folder, 'schema.sh', { 'temporal-sql-tool': goProgram('temporal-sql-tool') }, env);
}

/** Runs a script of deploy/temporal, which looks for the program on the PATH, whatever the one found is called. */
async function runScript(folder, name, programs, variables) {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [program, path] of Object.entries(programs)) symlinkSync(path, join(bin, program));
  const env = { PATH: [bin, process.env.PATH].join(delimiter), HOME: folder, ...variables };
  await run(`deploy/temporal/${name}`, 'sh', [join(root, 'deploy', 'temporal', name)], { env, timeout: SETUP_MS });
}

async function prepareNamespace(folder, state) {
  await runScript(folder, 'namespace.sh', { temporal: await temporalCli(root) }, { TEMPORAL_ADDRESS: state.temporal });

  const variables = { ...clientVariables(folder, state), KYC_ENCRYPTION_KEYS: readSecrets(folder).KYC_ENCRYPTION_KEYS };
  const setup = projectProgram(folder, 'cli/main setup', variables);
  // The server does not know a new namespace at once; compose tries again, too.
  await eventually(SETUP_MS, () => run('kyc setup', setup.command, setup.args, { env: setup.env, timeout: SETUP_MS }));
  writeState(folder, { ...state, isPrepared: true });
}

async function startParts(folder, state) {
  configurePrometheus(folder, state);
  configureUi(folder, state);
  for (const part of partsOf(folder, state, readSecrets(folder))) {
    if (!isKeptRunning(part.pidFile)) keepRunning(part.command, part.args, part);
    await eventually(READY_MS, async () => {
      if (!(await isReady(part))) throw new ClusterError(`${part.name} is not ready in time (log: ${part.logFile}).`);
    });
  }
}

async function status(folder) {
  const state = readState(folder);
  const health = (await commandLine(folder))(state.node, ['operator', 'cluster', 'health']);
  const found = [
    ['postgres', isPostgresRunning(state.postgres)],
    ['temporal', await health.then(Boolean, () => false)],
  ];
  for (const part of partsOf(folder, state, readSecrets(folder))) found.push([part.name, await isReady(part)]);
  for (const [name, ready] of found) console.log(`${name.padEnd(WIDTH)}${ready ? 'ready' : 'not ready'}`);
  if (found.some(([, ready]) => !ready)) process.exitCode = 1;
}

async function stop(folder) {
  const state = readState(folder);
  const parts = partsOf(folder, state, readSecrets(folder));
  const end = (wanted) => Promise.all(wanted.map((part) => endKeptRunning(part.pidFile, part)));
  // What the workers need to finish their calls ends after them.
  await end(parts.filter(({ name }) => name === 'prometheus'));
  await end(parts.filter(({ name }) => name.startsWith('worker-')));
  await end(parts);
  await temporal.stopNode(state.node);
  await stopPostgres(state.postgres);
}

async function isReady({ readyAt, readyMethod: method = 'GET' }) {
  const answer = await fetch(readyAt, { method, signal: AbortSignal.timeout(LOOK_MS) }).catch(() => undefined);
  return answer !== undefined && answer.status < 500;
}

function tell(folder, state) {
  const { workers, postgres } = state;
  const lines = {
    PostgreSQL: `127.0.0.1:${postgres.port}`,
    Temporal: `${state.temporal}, namespace ${state.namespace}`,
    'codec server': `http://${state.codecServer}`,
    UI: `http://${state.ui}`,
    ...Object.fromEntries(
      workers.map(({ health, metrics }, index) => [
        `worker-${index + 1}`,
        `http://${health}/readyz, http://${metrics}/metrics`,
      ]),
    ),
    Prometheus: `http://${state.prometheus}`,
    sandbox: `http://${state.sandbox}/sandbox`,
  };
  for (const [name, place] of Object.entries(lines)) console.log(`${name.padEnd(WIDTH)}${place}`);
  console.log(`\nThe command line and other callers get there with:\n`);
  for (const [name, value] of Object.entries(clientVariables(folder, state)))
    console.log(`  export ${name}='${value}'`);
  console.log(`  export KYC_ENCRYPTION_KEYS="$(cat '${join(folder, 'secrets', 'KYC_ENCRYPTION_KEYS')}')"`);
}

const stateFile = (folder) => join(folder, 'production.json');

function writeState(folder, state) {
  writeFileSync(stateFile(folder), `${JSON.stringify(state, undefined, 2)}\n`);
}

function readState(folder) {
  if (!existsSync(stateFile(folder))) throw new ClusterError(`Nothing was started in ${folder} yet.`);
  return JSON.parse(readFileSync(stateFile(folder), 'utf8'));
}

function readSecrets(folder) {
  const secrets = join(folder, 'secrets');
  return Object.fromEntries(readdirSync(secrets).map((name) => [name, readFileSync(join(secrets, name), 'utf8')]));
}

const commandLine = async (home) => temporal.temporalCommand(await temporalCli(root), home);

async function main() {
  const [name, given, ...more] = process.argv.slice(2);
  const command = { start, status, stop }[name];
  if (!command || !given || more.length > 0) throw new ClusterError('Say: production.mjs start|status|stop DIR.');
  await command(resolve(given));
}

try {
  await main();
} catch (error) {
  const foreseen = error instanceof ClusterError || error instanceof SetupError;
  console.error(`production: ${foreseen ? error.message : error.stack}`);
  process.exitCode = 1;
}
