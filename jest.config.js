/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // The folders hold the suites that need more than Node: each has a configuration of its own.
  testMatch: ['<rootDir>/test/*.test.ts'],
  // Compiled output holds the same module names as the sources.
  modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/.cache/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  testTimeout: 60_000,
  // Two fit a laptop and a CI machine: each worker may run a Temporal server of its own.
  maxWorkers: 2,
};
