import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const WITHIN_MS = 240_000;

test(
  'the judge of chaos catches workers that process without looking first',
  () => {
    const preload = join(__dirname, 'support', 'careless-worker.cjs');
    const plan = ['--seed', '1', '--verifications', '3', '--kills', '1', '--preload', preload];
    const program = ['scripts/run.mjs', '--server', '--checks', 'chaos/main', ...plan];

    const { status, stdout } = spawnSync(process.execPath, program, {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: WITHIN_MS,
    });

    const [, kept = ''] = /are kept in (\S+)/.exec(stdout) ?? [];
    rmSync(kept, { recursive: true });
    expect(stdout).toMatch(/BROKEN process once: chaos-1-\d+ .*process was repeated on session/);
    expect(stdout).toMatch(/npm run chaos -- --seed 1 .* commit .*: first broken: process once/);
    expect(stdout).toMatch(/lost 0, doubled [1-9]/);
    expect(status).toBe(1);
  },
  WITHIN_MS,
);
