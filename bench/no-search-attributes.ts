import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Loaded before the worker itself: its workflows write no search attributes. All else is the worker as it is. */
const bundles = createRequire(__filename)(path.resolve(__dirname, '..', '..', 'bundle-workflows.js')) as {
  builtBundle: (keys: unknown) => string;
};
const { builtBundle } = bundles;
const WRITING = '(0, workflow_1.upsertSearchAttributes)(changed)';

bundles.builtBundle = (keys) => {
  const code = readFileSync(builtBundle(keys), 'utf8');
  if (!code.includes(WRITING)) throw new Error('The workflow bundle writes its search attributes in another way now.');
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'workflow-bundle.js');
  writeFileSync(file, code.replace(WRITING, 'void changed'));
  return file;
};
