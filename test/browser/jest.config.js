/** The tests that look at Temporal's UI in a real Chromium; `npm run test:browser` runs them. */
/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.config.js'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/browser/*.test.ts'],
};
