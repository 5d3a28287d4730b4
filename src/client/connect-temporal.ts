import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { TemporalUnavailableError } from './errors';

export interface TemporalConnection {
  connection: Connection;
  namespace: string;
  /** host:port */
  address: string;
}

/**
 * Connects as Temporal's own environment configuration says: `TEMPORAL_*`, else its configuration file. Throws
 * `TemporalUnavailableError`.
 */
export async function connectTemporal(env: NodeJS.ProcessEnv): Promise<TemporalConnection> {
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { connectionOptions, namespace = 'default' } = readConfiguration(Object.fromEntries(given));
  const { address = 'localhost:7233' } = connectionOptions;
  try {
    return { connection: await Connection.connect({ ...connectionOptions, address }), namespace, address };
  } catch {
    throw new TemporalUnavailableError(
      `No Temporal server answers at ${address}: start it, or set TEMPORAL_ADDRESS and its credentials.`,
    );
  }
}

function readConfiguration(overrideEnvVars: Record<string, string>): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it is not readable';
    throw new TemporalUnavailableError(`Temporal's configuration (TEMPORAL_*, temporal.toml) is wrong: ${reason}`);
  }
}
