import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Source {
  file: string;
  code: string;
}

const lint = (sources: Source[]): string[][] => {
  const root = join(__dirname, '..');
  const result = spawnSync(process.execPath, [join(__dirname, 'support/lint-sources.mjs')], {
    cwd: root,
    input: JSON.stringify(sources),
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`the linter failed: ${result.stderr}`);
  return JSON.parse(result.stdout) as string[][];
};

const uses = (module: string): string => `import { thing } from '${module}';\nvoid thing;\n`;
const names = (module: string): string =>
  `import type { Thing } from '${module}';\nexport const value: Thing[] = [];\n`;

const refused: [file: string, code: string][] = [
  ['src/contract.ts', uses('zod')],
  ['src/contract.ts', uses('./config')],
  ['src/validation/sample.ts', uses('zod')],
  ['src/validation/sample.ts', uses('../notus/client')],
  ['src/workflows/sample.ts', uses('../activities')],
  ['src/workflows/sample.ts', uses('../notus/client')],
  ['src/workflows/sample.ts', names('../notus/client')],
  ['src/workflows/sample.ts', uses('@temporalio/client')],
  ['src/workflows/sample.ts', uses('zod')],
  ['src/workflows/sample.ts', uses('axios')],
  ['src/workflows/sample.ts', uses('node:fs')],
  ['src/workflows/sample.ts', uses('fs')],
  ['src/activities/sample.ts', uses('../workflows')],
  ['src/activities/sample.ts', uses('../client')],
  ['src/activities/sample.ts', uses('../config')],
  ['src/activities/sample.ts', uses('@temporalio/client')],
  ['src/notus/sample.ts', uses('@temporalio/common')],
  ['src/notus/sample.ts', uses('../contract')],
  ['src/notus/sample.ts', uses('../documents/store')],
  ['src/documents/sample.ts', uses('@temporalio/activity')],
  ['src/documents/sample.ts', uses('../notus/client')],
  ['src/documents/sample.ts', uses('../contract')],
  ['src/sandbox/sample.ts', uses('../contract')],
  ['src/sandbox/sample.ts', names('../notus/schemas')],
  ['src/sandbox/sample.ts', uses('@temporalio/worker')],
  ['src/sandbox/sample.ts', uses('axios')],
  ['src/client/sample.ts', uses('../activities')],
  ['src/client/sample.ts', uses('../workflows')],
  ['src/client/sample.ts', uses('../notus/client')],
  ['src/client/sample.ts', uses('@temporalio/worker')],
  ['src/config.ts', uses('./client')],
  ['src/telemetry/sample.ts', uses('../client')],
  ['src/telemetry/sample.ts', uses('../privacy/key-ring')],
  ['src/query-safe-worker.ts', uses('./workflows')],
  ['src/demo/sample.ts', uses('../worker')],
  ['src/cli/sample.ts', uses('./main')],
  ['src/telemetry/sample.ts', uses('../sandbox/main')],
  ['test/sample.test.ts', uses('../src/cli/main')],
  ['bench/sample.ts', uses('../src/worker')],
];

const allowed: [file: string, code: string][] = [
  ['src/workflows/sample.ts', uses('@temporalio/workflow')],
  ['src/workflows/sample.ts', uses('../contract')],
  ['src/workflows/sample.ts', uses('./another')],
  ['src/workflows/sample.ts', names('../activities')],
  ['src/workflows/sample.ts', uses('@temporalio/common')],
  ['src/activities/sample.ts', uses('../notus/client')],
  ['src/activities/sample.ts', uses('node:crypto')],
  ['src/client/sample.ts', uses('../documents/store')],
  ['src/client/sample.ts', names('../workflows')],
  ['src/notus/sample.ts', uses('axios')],
  ['src/worker.ts', uses('./activities')],
  ['test/sample.test.ts', uses('../src/client')],
];

const fenceMessages = (messages: string[] | undefined): string[] =>
  (messages ?? []).filter((message) => message.startsWith('@typescript-eslint/no-restricted-imports'));

const sources = [...refused, ...allowed].map(([file, code]) => ({ file, code }));
let messages: string[][] = [];

beforeAll(() => {
  messages = lint(sources);
});

test.each(refused.map(([file, code], index) => ({ file, line: code.split('\n')[0], index })))(
  'refuses in $file: $line',
  ({ index }) => {
    expect(fenceMessages(messages[index])).not.toEqual([]);
  },
);

test.each(allowed.map(([file, code], index) => ({ file, line: code.split('\n')[0], index: refused.length + index })))(
  'allows in $file: $line',
  ({ index }) => {
    expect(fenceMessages(messages[index])).toEqual([]);
  },
);

test('refuses to re-export everything, to export a default, and loose equality', () => {
  const [found] = lint([
    { file: 'src/telemetry/sample.ts', code: "export * from './other';\nexport default 1 == Number('1');\n" },
  ]);
  expect(found?.map((message) => message.split(':')[0])).toEqual(
    expect.arrayContaining(['no-restricted-syntax', 'import-x/no-default-export', 'eqeqeq']),
  );
});
