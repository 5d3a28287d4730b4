import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { bundleWorkflows } from '../src/bundle-workflows';
import { KeyRing } from '../src/privacy/key-ring';
import { EncryptionPlugin } from '../src/privacy/plugin';

const root = join(__dirname, '..');
const PACKAGES = ['@temporalio/common', '@temporalio/workflow', 'long', 'ms', 'nexus-rpc'];
const OURS =
  /^src\/(workflows\/[\w-]+|validation\/[\w-]+|contract|limits|metrics|payload-converter|trace-header|privacy\/failure-converter)\.(ts|cjs)$/;
const NOT_CODE = /^webpack\/|^ignored\|.*\|__temporal_custom_failure_converter$/;

/** Where the code of a bundle comes from, relative to the project, by the bundle's own source map. */
function sourcesOf(code: string): string[] {
  const [, map = ''] = /\/\/# sourceMappingURL=data:application\/json[^,]*;base64,(\S+)/.exec(code) ?? [];
  const { sources } = JSON.parse(Buffer.from(map, 'base64').toString('utf8')) as { sources: string[] };
  return sources.map((source) => (source.startsWith('/') ? relative(root, source) : source));
}

function isAllowed(source: string): boolean {
  const [, packageName] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(source) ?? [];
  if (packageName !== undefined && !source.startsWith('ignored|')) return PACKAGES.includes(packageName);
  return OURS.test(source) || NOT_CODE.test(source);
}

function builtinsIn(code: string): string[] {
  const names = builtinModules.filter((name) => !name.startsWith('_')).map((name) => name.replace(/^node:/, ''));
  const required = [...code.matchAll(/\brequire\((["'])(?:node:)?([\w/]+)\1\)/g)].map(([, , name]) => name ?? '');
  return required.filter((name) => names.includes(name));
}

test.each([
  ['plain', KeyRing.empty],
  ['encrypting', KeyRing.parse(`a:${Buffer.alloc(32).toString('base64')}`)],
])('the %s workflow bundle holds the workflow, what it shares with callers, and nothing else', async (_, keys) => {
  const { code } = await bundleWorkflows(new EncryptionPlugin(keys));
  const sources = sourcesOf(code);
  expect(sources).toEqual(
    expect.arrayContaining(['src/workflows/individual-verification.ts', 'src/contract.ts', 'src/payload-converter.ts']),
  );
  expect(sources.filter((source) => !isAllowed(source))).toEqual([]);
  expect(builtinsIn(code)).toEqual([]);
});

test('code that drags a schema library in, which the bundler lets pass, would be seen', async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'src/notus/schemas.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const strangers = sourcesOf(code).filter((source) => !isAllowed(source));
  for (const stranger of ['src/notus/schemas.ts', 'node_modules/zod/']) {
    expect(strangers).toContainEqual(expect.stringContaining(stranger));
  }
});

test('code that drags a module of Node in is not bundled at all', async () => {
  const bundling = bundleWorkflowCode({
    workflowsPath: join(root, 'src/documents/file-uri.ts'),
    logger: new DefaultLogger('ERROR', () => undefined),
  });
  await expect(bundling).rejects.toThrow();
});
