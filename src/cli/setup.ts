import { setTimeout as sleep } from 'node:timers/promises';
import { msToTs } from '@temporalio/common/lib/time';
import type { Command } from 'commander';
import { connectTemporal, type TemporalConnection } from '../client/connect-temporal';
import { GRPC, grpcCode, temporalUnavailable } from '../client/temporal-calls';
import { SEARCH_ATTRIBUTES } from '../contract';
import { missingSearchAttributes, registerSearchAttributes } from '../search-attributes';
import { json } from './layout';
import { RefusedError, type Terminal } from './terminal';

/** A server on several machines takes a moment to tell all of them. */
const LISTED_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 250;
/** For how long a namespace that is created here keeps closed verifications. */
const RETENTION_DAYS = 30;

export function addSetup(program: Command, terminal: Terminal): void {
  program
    .command('setup')
    .description(
      'create the namespace and register the search attributes that workers need; leaves alone what is there',
    )
    .option('--json', 'print {"namespace","created","registered","present"}')
    .action(async (options: { json?: boolean }) => {
      const temporal = await connectTemporal(terminal.env);
      const { namespace } = temporal;
      const { created, registered } = await setUp(temporal).finally(() => temporal.connection.close());
      const present = SEARCH_ATTRIBUTES.filter((name) => !registered.includes(name));
      if (options.json) return terminal.out(json({ namespace, created, registered, present }));
      if (created)
        terminal.out(`Created the namespace ${namespace}; it keeps what is closed for ${RETENTION_DAYS} days.`);
      const done = registered.length > 0 ? `Registered ${registered.join(', ')}` : 'Nothing to do: all are registered';
      terminal.out(`${done} (namespace ${namespace} at ${temporal.address}).`);
    });
}

async function setUp(temporal: TemporalConnection): Promise<{ created: boolean; registered: string[] }> {
  try {
    const created = await createNamespace(temporal);
    return { created, registered: await register(temporal) };
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw temporalUnavailable(error) ?? refusal(error);
  }
}

/** Whether there was none of that name. */
async function createNamespace({ connection, namespace }: TemporalConnection): Promise<boolean> {
  const { workflowService } = connection;
  try {
    await workflowService.describeNamespace({ namespace });
    return false;
  } catch (error) {
    if (grpcCode(error) !== GRPC.notFound) throw error;
  }
  try {
    const workflowExecutionRetentionPeriod = msToTs(`${RETENTION_DAYS}d`);
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
    return true;
  } catch (error) {
    // Another set-up was quicker.
    if (grpcCode(error) === GRPC.alreadyExists) return false;
    throw temporalUnavailable(error) ?? new RefusedError(notCreated(namespace));
  }
}

const notCreated = (namespace: string): string =>
  `There is no namespace ${namespace}, and the server does not let it be created: create it where the server is run.`;

/** Gives the names that were missing, once the server lists them. */
async function register({ connection, namespace }: TemporalConnection): Promise<string[]> {
  const patience = Date.now() + LISTED_WITHIN_MS;
  const missing = (): Promise<string[]> => onceKnown(() => missingSearchAttributes(connection, namespace), patience);
  const names = await missing();
  if (names.length === 0) return [];
  await onceKnown(() => registerSearchAttributes(connection, namespace, names), patience);
  while ((await missing()).length > 0) {
    if (Date.now() > patience) throw new RefusedError('The server took them but does not list them yet: try again.');
    await sleep(LOOK_EVERY_MS);
  }
  return names;
}

/** A server does not know a namespace at once that has just been created. */
async function onceKnown<T>(call: () => Promise<T>, patience: number): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (grpcCode(error) !== GRPC.notFound || Date.now() > patience) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

function refusal(error: unknown): RefusedError {
  const reason = error instanceof Error ? error.message : 'no reason given';
  return new RefusedError(
    `The server did not register ${SEARCH_ATTRIBUTES.join(', ')} as Keyword (${reason}). If one exists with another ` +
      'type, remove it first; on Temporal Cloud add them to the namespace there.',
  );
}
