/** The tests that run on a Temporal server of two nodes on PostgreSQL; `npm run test:cluster` runs them. */
/** @type {import('jest').Config} */
module.exports = {
  ...require('./jest.config'),
  testMatch: ['<rootDir>/test/end-to-end-*.test.ts', '<rootDir>/test/cluster/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
  maxWorkers: 1,
};
