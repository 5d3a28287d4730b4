import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { connectTemporal, type TemporalConnection } from '../client/connect-temporal';
import { temporalUnavailable } from '../client/temporal-calls';
import { SEARCH_ATTRIBUTES } from '../contract';
import { missingSearchAttributes, registerSearchAttributes } from '../search-attributes';
import { json } from './layout';
import { RefusedError, type Terminal } from './terminal';

/** A server on several machines takes a moment to tell all of them. */
const LISTED_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 250;

export function addSetup(program: Command, terminal: Terminal): void {
  program
    .command('setup')
    .description('register the search attributes that workers need; does nothing where they are registered')
    .option('--json', 'print {"namespace","registered","present"}')
    .action(async (options: { json?: boolean }) => {
      const temporal = await connectTemporal(terminal.env);
      const { namespace } = temporal;
      const registered = await register(temporal).finally(() => temporal.connection.close());
      const present = SEARCH_ATTRIBUTES.filter((name) => !registered.includes(name));
      if (options.json) return terminal.out(json({ namespace, registered, present }));
      const done = registered.length > 0 ? `Registered ${registered.join(', ')}` : 'Nothing to do: all are registered';
      terminal.out(`${done} (namespace ${namespace} at ${temporal.address}).`);
    });
}

/** Gives the names that were missing, once the server lists them. */
async function register({ connection, namespace }: TemporalConnection): Promise<string[]> {
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    if (missing.length === 0) return [];
    await registerSearchAttributes(connection, namespace, missing);
    const patience = Date.now() + LISTED_WITHIN_MS;
    while ((await missingSearchAttributes(connection, namespace)).length > 0) {
      if (Date.now() > patience) throw new RefusedError('The server took them but does not list them yet: try again.');
      await sleep(LOOK_EVERY_MS);
    }
    return missing;
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw temporalUnavailable(error) ?? refusal(error);
  }
}

function refusal(error: unknown): RefusedError {
  const reason = error instanceof Error ? error.message : 'no reason given';
  return new RefusedError(
    `The server did not register ${SEARCH_ATTRIBUTES.join(', ')} as Keyword (${reason}). If one exists with another ` +
      'type, remove it first; on Temporal Cloud add them to the namespace there.',
  );
}
