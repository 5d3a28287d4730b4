import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { entryPoints, fences } from './eslint.fences.mjs';

const typescript = ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'chaos/**/*.ts'];

export default tseslint.config(
  { ignores: ['lib/', 'coverage/', '.cache/', 'kyc-documents/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    plugins: { 'import-x': importX },
    rules: { eqeqeq: 'error', 'max-lines': ['error', 300], 'no-var': 'error', 'prefer-const': 'error' },
  },
  {
    files: typescript,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_$', ignoreRestSiblings: true },
      ],
      // A promise nobody awaits is the commonest way to lose a step of a workflow.
      '@typescript-eslint/no-floating-promises': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'no-restricted-syntax': ['error', { selector: 'ExportAllDeclaration', message: 'Name what is exported.' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'error', 'no-console': 'error' },
  },
  // The type of the activities is, by definition, what their factories give.
  { files: ['src/activities/index.ts'], rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' } },
  // Programs and the command line talk to a person; everything else logs.
  { files: [...entryPoints, 'src/cli/**/*.ts', 'src/demo/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    // Workflow code runs in an isolate where these are missing or not what they seem.
    files: ['src/workflows/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'process', 'Buffer', 'fetch', 'require', '__dirname', '__filename'] },
  },
  // Jest demands a default export of its global set-up.
  {
    files: ['test/support/global-setup.ts', 'test/s3/global-setup.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  ...fences,
);
