import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflows } from '../../src/bundle-workflows';
import { KeyRing } from '../../src/privacy/key-ring';
import { EncryptionPlugin } from '../../src/privacy/plugin';

const root = join(__dirname, '../..');

/**
 * The bundle of the workflows as they are now, for `Worker.create({ workflowBundle })`. Made once for all test files,
 * since bundling takes seconds; made again when a source or a package has changed.
 */
export async function workflowBundle(keys = KeyRing.empty): Promise<{ codePath: string }> {
  const folder = join(root, '.cache', 'test-bundles');
  const kind = keys.first === undefined ? 'plain' : 'encrypted';
  const codePath = join(folder, `${hashOfSources()}-${kind}.js`);
  if (!existsSync(codePath)) {
    const { code } = await bundleWorkflows(new EncryptionPlugin(keys));
    mkdirSync(folder, { recursive: true });
    // Two test files may get here at once; each puts a whole file in place.
    const temporary = `${codePath}.${process.pid}.tmp`;
    writeFileSync(temporary, code);
    renameSync(temporary, codePath);
  }
  return { codePath };
}

function hashOfSources(): string {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name));
  const hash = createHash('sha256');
  for (const name of [...sources, 'package-lock.json'].sort()) hash.update(name).update(readFileSync(join(root, name)));
  return hash.digest('hex').slice(0, 16);
}
