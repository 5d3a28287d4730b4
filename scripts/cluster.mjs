/**
 * A Temporal server as in production: one or two nodes that share a PostgreSQL, all of it in a folder of its own.
 *
 *   node scripts/cluster.mjs start DIR [--nodes 1|2] [--namespace NAME]
 *   node scripts/cluster.mjs stop DIR           ends all of it, whatever state it is in; the folder stays
 *   node scripts/cluster.mjs kill DIR PART      without mercy; PART is node-1, node-2 or postgres
 *   node scripts/cluster.mjs restart DIR PART   starts a killed part again, with its data and at its port
 *
 * What runs is left in the background; `DIR/cluster.json` says where it is.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { temporalCli } from './find-temporal.mjs';
import { createPostgres, killPostgres, startPostgres, stopPostgres } from './postgres.mjs';
import { ClusterError, eventually, freePorts } from './processes.mjs';
import { SetupError } from './report.mjs';
import * as temporal from './temporal-node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const REGISTERED_MS = 60_000;
const RETENTION = '72h';
/** Those of src/contract.ts, which is not compiled when this runs. */
const SEARCH_ATTRIBUTES = ['KycStage', 'KycOutcome', 'KycSessionId', 'KycProblem'];

async function start(folder, { nodes: count, namespace }) {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) {
    throw new ClusterError(`${folder} is not empty: name a folder that is empty or not there yet.`);
  }
  const [port, ...ports] = await freePorts(1 + count * temporal.PORTS_OF_A_NODE);
  const postgres = { port, folder: join(folder, 'postgres') };
  const nodes = Array.from({ length: count }, (_, index) => {
    const own = ports.slice(index * temporal.PORTS_OF_A_NODE, (index + 1) * temporal.PORTS_OF_A_NODE);
    return temporal.createNode(join(folder, `node-${index + 1}`), own, postgres);
  });
  const addresses = nodes.map(({ address }) => address);
  // Written first, so that a start that breaks off can be stopped.
  writeFileSync(stateFile(folder), `${JSON.stringify({ namespace, addresses, postgres, nodes }, undefined, 2)}\n`);
  try {
    await bringUp(folder, { namespace, postgres, nodes });
  } catch (error) {
    await stop(folder);
    throw error;
  }
  console.log(`PostgreSQL  127.0.0.1:${port}`);
  for (const [index, address] of addresses.entries()) console.log(`node-${index + 1}      ${address}`);
}

async function bringUp(folder, { namespace, postgres, nodes: [first, ...others] }) {
  await createPostgres(postgres);
  await startPostgres(postgres);
  await temporal.createSchema(postgres);
  const cli = await commandLine(folder);
  await temporal.startNode(first, cli);
  await register(first, cli, namespace);
  // A node reads namespaces at its start and then only now and again, so the others start when all is registered.
  for (const node of others) await temporal.startNode(node, cli);
  for (const node of [first, ...others]) await probe(node, cli, namespace);
}

async function register(node, cli, namespace) {
  const there = await cli(node, ['operator', 'namespace', 'describe', '--namespace', namespace]).catch(() => undefined);
  if (there === undefined) {
    const create = ['operator', 'namespace', 'create', '--namespace', namespace, '--retention', RETENTION];
    await eventually(REGISTERED_MS, () => cli(node, create));
  }
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--name', name, '--type', 'Keyword']);
  const add = ['operator', 'search-attribute', 'create', '--namespace', namespace, ...attributes];
  await eventually(REGISTERED_MS, () => cli(node, add));
}

/** Resolves when the node takes a workflow with the search attributes; the workflow is gone again then. */
async function probe(node, cli, namespace) {
  const workflow = ['--namespace', namespace, '--workflow-id', 'cluster-probe'];
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}="probe"`]);
  const startOne = ['workflow', 'start', '--type', 'probe', '--task-queue', 'cluster-probe', ...attributes];
  await eventually(REGISTERED_MS, () => cli(node, [...startOne, ...workflow]));
  await eventually(REGISTERED_MS, () => cli(node, ['workflow', 'terminate', ...workflow]));
  await eventually(REGISTERED_MS, () => cli(node, ['workflow', 'delete', ...workflow], { input: 'y\n' }));
}

async function stop(folder) {
  const { nodes, postgres } = readState(folder);
  await Promise.all(nodes.map(temporal.stopNode));
  await stopPostgres(postgres);
}

async function kill(folder, part) {
  const { node, postgres } = find(folder, part);
  await (node ? temporal.killNode(node) : killPostgres(postgres));
}

async function restart(folder, part) {
  const { node, postgres } = find(folder, part);
  await (node ? temporal.startNode(node, await commandLine(folder)) : startPostgres(postgres));
}

function find(folder, part) {
  const { nodes, postgres } = readState(folder);
  if (part === 'postgres') return { postgres };
  const names = nodes.map((_, index) => `node-${index + 1}`);
  const node = nodes[names.indexOf(part)];
  if (!node) throw new ClusterError(`There is no part ${part}: name one of ${[...names, 'postgres'].join(', ')}.`);
  return { node };
}

const stateFile = (folder) => join(folder, 'cluster.json');

function readState(folder) {
  if (!existsSync(stateFile(folder))) throw new ClusterError(`There is no cluster in ${folder}.`);
  return JSON.parse(readFileSync(stateFile(folder), 'utf8'));
}

const commandLine = async (home) => temporal.temporalCommand(await temporalCli(root), home);

const USAGE = 'Say: cluster.mjs start DIR [--nodes 1|2] [--namespace NAME], or stop DIR, or kill|restart DIR PART.';

async function main() {
  const options = { nodes: { type: 'string', default: '1' }, namespace: { type: 'string', default: 'default' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command, given, part] = positionals;
  const nodes = Number(values.nodes);
  if (!given || ![1, 2].includes(nodes)) throw new ClusterError(USAGE);
  const folder = resolve(given);
  if (command === 'start') return start(folder, { nodes, namespace: values.namespace });
  if (command === 'stop') return stop(folder);
  if (command === 'kill' && part) return kill(folder, part);
  if (command === 'restart' && part) return restart(folder, part);
  throw new ClusterError(USAGE);
}

try {
  await main();
} catch (error) {
  const foreseen = error instanceof ClusterError || error instanceof SetupError || error.code?.startsWith('ERR_PARSE');
  console.error(`cluster: ${foreseen ? error.message : error.stack}`);
  process.exitCode = 1;
}
