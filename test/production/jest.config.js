/** The tests that run the production topology by `scripts/production.mjs`; `npm run test:production` runs them. */
/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.config.js'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/production/*.test.ts'],
  testTimeout: 180_000,
  maxWorkers: 1,
};
