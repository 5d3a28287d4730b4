import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goProgram } from './go-programs.mjs';
import { USER } from './postgres.mjs';
import { endKeptRunning, eventually, isKeptRunning, keepRunning, run } from './processes.mjs';

const SCHEMA_MS = 60_000;
const HEALTHY_MS = 60_000;
const CALL_MS = 10_000;
const STOP_GRACE_MS = 15_000;
/** Fixed for the life of a database; few, since a node holds all of them when it is alone. */
const HISTORY_SHARDS = 4;
/** As in docker-compose.yml, which a test compares. */
const HISTORY_SHARDS_IN_COMPOSE = 512;
const DYNAMIC_CONFIG = fileURLToPath(new URL('../deploy/temporal/dynamicconfig.yaml', import.meta.url));

const DATABASES = { temporal: 'temporal', visibility: 'temporal_visibility' };
const SERVICES = ['frontend', 'history', 'matching', 'worker'];

/** How many ports `createNode` needs. */
export const PORTS_OF_A_NODE = 2 * SERVICES.length;
/** How many ports `createNodeAsInCompose` needs: one for HTTP, too. */
export const PORTS_AS_IN_COMPOSE = PORTS_OF_A_NODE + 1;

/** Makes the databases and their schema, the current one of the server's own version. */
export async function createSchema(postgres) {
  const tool = goProgram('temporal-sql-tool');
  const server = { SQL_PLUGIN: 'postgres12', SQL_HOST: '127.0.0.1', SQL_PORT: String(postgres.port) };
  const options = { env: { ...server, SQL_USER: USER, SQL_PASSWORD: USER }, timeout: SCHEMA_MS };
  // Its hundreds of statements need not each wait for the disk.
  const unhurried = ['--connect-attributes', 'synchronous_commit=off'];
  for (const [schema, database] of Object.entries(DATABASES)) {
    const does = (...args) =>
      run(`temporal-sql-tool ${args[0]}`, tool, [...unhurried, '--db', database, ...args], options);
    await does('create-database');
    await does('setup-schema', '-v', '0.0');
    await does('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

/** Writes the configuration of a node that runs all services; gives what the other functions take. */
export function createNode(folder, ports, postgres) {
  const config = join(folder, 'config.json');
  mkdirSync(folder);
  writeFileSync(config, JSON.stringify(configuration(ports, postgres), undefined, 2));
  return { ...nodeIn(folder, ports), args: ['--config-file', config, '--allow-no-auth'] };
}

/**
 * A node that is told what docker-compose.yml tells its server, by variables that fill the template inside the server;
 * besides them the ports, which a container has to itself.
 */
export function createNodeAsInCompose(folder, ports, postgres) {
  mkdirSync(folder);
  const ownPorts = SERVICES.flatMap((name, index) => [
    [`${name.toUpperCase()}_GRPC_PORT`, ports[2 * index]],
    [`${name.toUpperCase()}_MEMBERSHIP_PORT`, ports[2 * index + 1]],
  ]);
  const env = {
    HOME: folder,
    LOG_LEVEL: 'warn',
    DB: 'postgres12',
    DB_PORT: postgres.port,
    POSTGRES_SEEDS: '127.0.0.1',
    POSTGRES_USER: USER,
    POSTGRES_PWD: USER,
    NUM_HISTORY_SHARDS: HISTORY_SHARDS_IN_COMPOSE,
    DYNAMIC_CONFIG_FILE_PATH: DYNAMIC_CONFIG,
    TEMPORAL_ALLOW_NO_AUTH: true,
    BIND_ON_IP: '127.0.0.1',
    ...Object.fromEntries(ownPorts),
    FRONTEND_HTTP_PORT: ports.at(-1),
  };
  return { ...nodeIn(folder, ports), args: [], env };
}

const nodeIn = (folder, ports) => ({
  address: `127.0.0.1:${ports[0]}`,
  pidFile: join(folder, 'pid'),
  logFile: join(folder, 'log'),
});

/** Starts it unless it runs, and resolves when it answers; it is started again whenever it ends by itself. */
export async function startNode(node, cli) {
  if (!isKeptRunning(node.pidFile)) {
    // A node whose database goes away soon after its start ends with "error starting scanner".
    keepRunning(goProgram('temporal-server'), [...node.args, 'start'], node);
  }
  await eventually(HEALTHY_MS, () => cli(node, ['operator', 'cluster', 'health']));
}

/** Without mercy, as a machine that dies. */
export const killNode = (node) => endKeptRunning(node.pidFile, { graceMs: 0 });

export const stopNode = (node) => endKeptRunning(node.pidFile, { graceMs: STOP_GRACE_MS });

/** Runs a command of the Temporal CLI on a node; the machine user's own configuration has no say. */
export const temporalCommand =
  (path, home) =>
  (node, args, { input } = {}) =>
    run(`temporal ${args.slice(0, 3).join(' ')} (log: ${node.logFile})`, path, [...args, '--address', node.address], {
      env: { PATH: process.env.PATH, HOME: home },
      timeout: CALL_MS,
      input,
    });

/** JSON is YAML, too. */
function configuration(ports, postgres) {
  const rpc = (index) => ({
    rpc: { grpcPort: ports[2 * index], membershipPort: ports[2 * index + 1], bindOnLocalHost: true },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: HISTORY_SHARDS,
      datastores: {
        default: { sql: sql(postgres, DATABASES.temporal, 20) },
        visibility: { sql: sql(postgres, DATABASES.visibility, 10) },
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(SERVICES.map((name, index) => [name, rpc(index)])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `127.0.0.1:${ports[0]}` },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
  };
}

const sql = (postgres, databaseName, connections) => ({
  pluginName: 'postgres12',
  databaseName,
  connectAddr: `127.0.0.1:${postgres.port}`,
  connectProtocol: 'tcp',
  user: USER,
  password: USER,
  maxConns: connections,
  maxIdleConns: connections,
  maxConnLifetime: '1h',
});
