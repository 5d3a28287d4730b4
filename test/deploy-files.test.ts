import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './support/temporary-folder';

const DEPLOY = join(__dirname, '../deploy');

/** A folder for the PATH with these programs, each a line of shell. */
function programs(lines: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, line] of Object.entries(lines))
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return folder;
}

test('a build in Kubernetes is named alike as tag, ending of the names and build id', () => {
  const kustomization = readFileSync(join(DEPLOY, 'kubernetes', 'kustomization.yaml'), 'utf8');
  const named = [/newTag: '(.+?)'/, /nameSuffix: '-(.+)'/, /kubernetes\.io\/version: '(.+?)'/].map(
    (place) => place.exec(kustomization)?.[1],
  );
  expect(named[0]).toMatch(/^[\w.]/);
  expect(new Set(named).size).toBe(1);
});

test('a namespace that is refused for good ends its script, with the reason', () => {
  const bin = programs({
    temporal: 'case "$*" in *health*) ;; *) echo "not allowed" >&2; exit 1;; esac',
    // Its tries take no time here.
    sleep: '',
  });
  const script = join(DEPLOY, 'temporal', 'namespace.sh');
  const { status, stderr } = spawnSync('sh', [script], { env: { PATH: `${bin}:/usr/bin:/bin` }, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('create_namespace failed: not allowed');
});
