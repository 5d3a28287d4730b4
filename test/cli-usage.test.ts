import { kyc } from './support/kyc-command';

const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

test.each([
  ['no command', [], /Usage: kyc/],
  ['an unknown command', ['destroy'], /unknown command 'destroy'/],
  ['an unknown option', ['status', 'a', '--yaml'], /unknown option '--yaml'/],
  ['a missing argument', ['status'], /missing required argument 'id'/],
  ['a missing option', ['submit', 'a'], /--front/],
  ['a stage that is none', ['list', '--stage', 'waiting'], /Allowed choices are new, creatingSession/],
  ['a limit that is none', ['list', '--limit', 'many'], /whole number from 1 to 1000/],
  ['a problem that is none', ['list', '--problem', 'NotusUnavailble'], /Allowed choices are InvalidDocuments/],
  ['two filters that contradict', ['list', '--all', '--open'], /cannot be used with/],
  [
    'a file that is not there',
    ['start', 'a', '/nowhere/input.json'],
    /\/nowhere\/input\.json can't be read \(ENOENT\)/,
  ],
])('ends with 2 for %s', async (_, args, message) => {
  const { code, out, err } = await kyc(args, nowhere);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
});

test.each([
  ['{"request": {"firstName": "Ana",}}', 1, 33],
  ['{\n  "request": {\n    "firstName": Ana\n  }\n}', 3, 18],
  ['{"request": {"firstName": "Ana"', 1, 32],
  ['{"a": [1, 2 3]}', 1, 13],
  ['{"a": 01}', 1, 8],
  ['{"a": "b"} x', 1, 12],
  ['', 1, 1],
])('ends with 2 for %j, naming the position and not the content', async (stdin, line, column) => {
  const { code, err } = await kyc(['start', 'a', '-'], nowhere, { stdin });
  expect({ code, err }).toEqual({
    code: 2,
    err: `standard input: not valid JSON at line ${line}, column ${column}.`,
  });
});

test('ends with 1 for a wrong environment, naming the variable', async () => {
  const { code, err } = await kyc(['status', 'a'], { ...nowhere, NODE_ENV: 'production' });
  expect(code).toBe(1);
  expect(err).toContain('KYC_ENCRYPTION_KEYS');
});

test('ends with 1 when Temporal does not answer, in one sentence', async () => {
  const { code, out, err } = await kyc(['status', 'a'], nowhere);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toBe('No Temporal server answers at 127.0.0.1:1: start it, or set TEMPORAL_ADDRESS and its credentials.');
});

test.each([[['--help']], [['help']], [['status', '--help']]])('prints help for %j', async (args) => {
  const { code, out, err } = await kyc(args, nowhere);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Usage: kyc');
});
