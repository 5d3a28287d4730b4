/** @type {import('jest').Config} The tests against a real S3 server, which Go builds. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test/s3/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/s3/global-setup.ts',
};
