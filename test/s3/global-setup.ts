import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Builds the S3 server if it is not in the cache, and tells every test where it is. */
export default function globalSetup(): void {
  const builder = join(__dirname, '../../scripts/go-programs.mjs');
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  process.env.VERSITYGW_PATH ??= execFileSync(process.execPath, [builder, 'versitygw'], {
    encoding: 'utf8',
    stdio,
  }).trim();
}
