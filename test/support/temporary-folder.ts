import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder of the test's own, without symbolic links in its path; it is removed after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'documents-'));
  created.push(folder);
  return folder;
}

const created: string[] = [];

afterAll(() => created.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));
