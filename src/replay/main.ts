import { existsSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { connectTemporal } from '../client/connect-temporal';
import { TemporalUnavailableError } from '../client/errors';
import { GRPC, grpcCode, temporalUnavailable } from '../client/temporal-calls';
import { builtBundle } from '../bundle-workflows';
import { ConfigError, loadClientConfig } from '../config';
import { clientDataConverter } from '../data-converter';
import { EncryptionPlugin } from '../privacy/plugin';
import { SETUP } from '../search-attributes';
import { replay } from './replay';
import { GROUPS, sampleOf } from './sample';

const FITS = 0;
const DOES_NOT_FIT = 1;
const USAGE = 2;

interface Options {
  query?: string;
  sample: number;
  bundle?: string;
}

/** Replays live histories against this build, and tells which of them it can't go on with; gives the exit code. */
async function main(): Promise<number> {
  const { query, sample, bundle } = readOptions();
  const { keys } = loadClientConfig(process.env);
  const encryption = new EncryptionPlugin(keys);
  const build = { codePath: bundle ?? builtBundle(keys), encryption };
  const { connection, namespace, address } = await connectTemporal(process.env);
  const client = new Client({ connection, namespace, dataConverter: clientDataConverter, plugins: [encryption] });
  const counts: string[] = [];
  let failed = 0;
  try {
    for (const group of query === undefined ? GROUPS : [{ name: 'by the query', filter: query }]) {
      let replayed = 0;
      for await (const { workflowId, runId, reason } of replay(client, build, await sampleOf(client, group, sample))) {
        replayed += 1;
        if (reason === null) continue;
        failed += 1;
        console.log(`bad  ${workflowId} (${group.name}, run ${runId}): ${reason}`);
      }
      if (replayed > 0) counts.push(`${replayed} ${group.name}`);
    }
  } finally {
    await connection.close();
  }
  console.log(
    `Namespace ${namespace} at ${address}: replayed ${counts.join('; ') || 'nothing, since there is nothing'}.`,
  );
  console.log(failed === 0 ? 'This build goes on with all of them.' : remedy(failed));
  return failed === 0 ? FITS : DOES_NOT_FIT;
}

function remedy(failed: number): string {
  return (
    `Do not deploy: this build can't go on with ${failed} of them. Put the change of the workflow behind patched() ` +
    '(docs/deploys.md), then replay again.'
  );
}

function readOptions(): Options {
  return new Command('replay-live')
    .description('replays verifications of each stage and outcome against this build, before it is deployed')
    .addOption(new Option('--sample <n>', 'at most so many of each kind').argParser(parseSample).default(20))
    .option('--query <filter>', "only verifications that this list filter of Temporal's finds")
    .addOption(
      new Option('--bundle <file>', "another build's workflow bundle, in place of this one's").argParser(parseBundle),
    )
    .exitOverride()
    .parse()
    .opts<Options>();
}

function parseSample(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 5_000) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 5000.');
}

function parseBundle(file: string): string {
  if (existsSync(file)) return path.resolve(file);
  throw new InvalidArgumentError('There is no such file.');
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? FITS : USAGE;
  if (grpcCode(error) === GRPC.invalidArgument) {
    console.error(`The server does not take the list filter: check --query, and that ${SETUP} has run.`);
    return USAGE;
  }
  const isExpected = error instanceof TemporalUnavailableError || error instanceof ConfigError;
  const known = isExpected ? error : temporalUnavailable(error);
  console.error(known?.message ?? (error instanceof Error ? (error.stack ?? error.name) : 'The replay failed.'));
  return DOES_NOT_FIT;
}

// What the SDK logs of a replay that fails is told in one line.
const silent = (): void => undefined;
Runtime.install({
  logger: { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent },
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
});
main()
  .catch(codeOf)
  .then(
    (code) => process.exit(code),
    () => process.exit(DOES_NOT_FIT),
  );
