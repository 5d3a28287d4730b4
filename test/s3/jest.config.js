/** The tests that run against a real S3 server, which Go builds; `npm run test:s3` runs them. */
/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.config.js'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/s3/*.test.ts'],
  globalSetup: '<rootDir>/test/s3/global-setup.ts',
};
