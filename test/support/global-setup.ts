import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface FoundBinaries {
  temporalCli?: string;
  temporalTestServer?: string;
}

/** Tells every test where set-up found the Temporal binaries; a path given in the environment wins. */
export default function globalSetup(): void {
  const record = join(__dirname, '../../.cache/setup.json');
  if (!existsSync(record)) return;
  const found = JSON.parse(readFileSync(record, 'utf8')) as FoundBinaries;
  if (found.temporalCli) process.env.TEMPORAL_CLI_PATH ??= found.temporalCli;
  if (found.temporalTestServer) process.env.TEMPORAL_TEST_SERVER_PATH ??= found.temporalTestServer;
}
