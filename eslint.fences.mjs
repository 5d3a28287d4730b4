/**
 * Who may import whom, one row a folder or file. What a row does not list is refused.
 * - `files`: the sources the row is for.
 * - `values`: what they may import for use at run time: `src` paths without extension (`notus` is the folder and its
 *   files), packages, `node:*` for all of Node's own modules. A folder is always open to its own files.
 * - `types`: what they may name in an `import type` alone.
 */
const rows = [
  { files: 'contract.ts', values: [], types: [] },
  { files: 'validation.ts', values: ['contract'], types: [] },
  { files: 'validation/**', values: ['contract'], types: [] },
  {
    files: 'workflows/**',
    values: [
      '@temporalio/workflow',
      '@temporalio/common',
      'contract',
      'limits',
      'metrics',
      'payload-converter',
      'trace-header',
      'validation',
    ],
    types: ['activities'],
  },
  { files: 'metrics.ts', values: [], types: [] },
  { files: 'limits.ts', values: ['contract'], types: [] },
  { files: 'payload-converter.ts', values: ['@temporalio/common', 'contract', 'limits'], types: [] },
  { files: 'trace-header.ts', values: ['@temporalio/common'], types: [] },
  {
    files: 'activities/**',
    values: [
      '@temporalio/activity',
      '@temporalio/common',
      '@opentelemetry/api',
      'node:*',
      'contract',
      'limits',
      'metrics',
      'payload-converter',
      'validation',
      'notus',
      'documents',
    ],
    types: ['@temporalio/worker'],
  },
  { files: 'network/**', values: ['node:*'], types: [] },
  { files: 'notus/**', values: ['axios', 'form-data', 'zod', 'node:*', 'network'], types: [] },
  { files: 'documents/**', values: ['@aws-sdk/*', 'image-size', 'node:*', 'network'], types: [] },
  { files: 'sandbox/**', values: ['busboy', 'node:*'], types: [] },
  {
    files: 'client/**',
    values: [
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/envconfig',
      '@temporalio/interceptors-opentelemetry',
      'node:*',
      'contract',
      'validation',
      'documents',
      'config',
      'data-converter',
      'configured-store',
      'privacy',
      'trace-header',
    ],
    types: ['workflows', '@temporalio/proto'],
  },
  { files: 'config.ts', values: ['zod', 'node:*', 'contract', 'network', 'privacy'], types: [] },
  {
    files: 'telemetry/**',
    values: ['@temporalio/*', '@opentelemetry/*', 'pino', 'pino-pretty', 'node:*', 'config', 'contract', 'metrics'],
    types: ['privacy'],
  },
  {
    files: 'query-safe-worker.ts',
    values: ['@temporalio/worker', '@temporalio/proto', 'contract', 'metrics'],
    types: [],
  },
  { files: 'privacy/**', values: ['@temporalio/common', '@temporalio/proto', 'jose', 'zod', 'node:*'], types: [] },
];

/** Programs, not modules: they run when they are loaded, so nothing may import them. */
export const entryPoints = [
  'src/worker.ts',
  'src/cli/main.ts',
  'src/sandbox/main.ts',
  'src/demo/main.ts',
  'src/replay/main.ts',
];

const packages = new Set(['axios', 'busboy', 'form-data', 'image-size', 'jose', 'pino', 'pino-pretty', 'zod']);
const isPackage = (name) => /^(@|node:)/.test(name) || packages.has(name);

const escape = (text) => text.replace(/[.\\^$+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');

/** A regular expression for the module specifiers that lead from a row's files to what it lists. */
const specifier = (files) => (name) => {
  if (isPackage(name)) return `${escape(name)}(/.*)?`;
  return `${files.includes('/') ? '(\\.\\./)+' : '\\./'}${escape(name)}(/.*)?`;
};

const anyOf = (files, names) => names.map(specifier(files)).join('|');

const everythingBut = (files, names) =>
  `^(?!(${[files.includes('/') ? '\\./.*' : '', anyOf(files, names)].filter(Boolean).join('|')})$)`;

const programs = '((cli|sandbox|demo|replay)/main|main|worker)$';

const noEntryPoint = (prefix) => ({
  regex: `^(\\.\\.?/)+${prefix}${programs}`,
  message: 'This is a program: it runs when it is loaded.',
});

/** One ESLint block a row, and two that keep everything away from the entry points. */
export const fences = [
  {
    files: ['src/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [noEntryPoint('')] }] },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'chaos/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [noEntryPoint('src/')] }] },
  },
  ...rows.map(({ files, values, types }) => ({
    files: [`src/${files}`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            noEntryPoint(''),
            {
              regex: everythingBut(files, [...values, ...types]),
              message: `src/${files} may not import this (eslint.fences.mjs).`,
            },
            ...types.map((name) => ({
              regex: `^${specifier(files)(name)}$`,
              allowTypeImports: true,
              message: `src/${files} may use this in an import type alone (eslint.fences.mjs).`,
            })),
          ],
        },
      ],
    },
  })),
];
