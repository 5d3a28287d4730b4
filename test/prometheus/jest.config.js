/** The tests that need Prometheus and its promtool on the PATH; run by `npm run test:prometheus`. */
module.exports = {
  ...require('../../jest.config.js'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/prometheus/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 480_000,
  // Each of them runs a worker and a Prometheus of its own.
  maxConcurrency: 4,
};
