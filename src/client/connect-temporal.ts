import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { TemporalUnavailableError } from './errors';

export interface TemporalConfig {
  /** For `Connection.connect` and `NativeConnection.connect` alike. */
  options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'] & { address: string };
  /** host:port */
  address: string;
  namespace: string;
}

export interface TemporalConnection {
  connection: Connection;
  namespace: string;
  /** host:port */
  address: string;
}

/**
 * What Temporal's own environment configuration says: `TEMPORAL_*`, else its configuration file; blank is absent.
 * Throws `TemporalUnavailableError` when it can't be read.
 */
export function temporalConfig(env: NodeJS.ProcessEnv): TemporalConfig {
  const given = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  try {
    const overrideEnvVars = Object.fromEntries(given);
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars });
    const { address = 'localhost:7233' } = connectionOptions;
    return { options: { ...connectionOptions, address }, address, namespace };
  } catch {
    throw new TemporalUnavailableError(
      "Temporal's own configuration can't be read: mend the TEMPORAL_* variables or its file temporal.toml.",
    );
  }
}

/** Connects as `temporalConfig` says. Throws `TemporalUnavailableError`. */
export async function connectTemporal(env: NodeJS.ProcessEnv): Promise<TemporalConnection> {
  const { options, namespace, address } = temporalConfig(env);
  try {
    return { connection: await Connection.connect(options), namespace, address };
  } catch {
    throw noServerAt(address);
  }
}

export function noServerAt(address: string): TemporalUnavailableError {
  return new TemporalUnavailableError(
    `No Temporal server answers at ${address}: start it, or set TEMPORAL_ADDRESS and its credentials.`,
  );
}
