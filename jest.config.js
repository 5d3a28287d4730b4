/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // They need PostgreSQL and Go: jest.cluster.config.js.
  testPathIgnorePatterns: ['<rootDir>/test/cluster/'],
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
