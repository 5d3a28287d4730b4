import { DEFAULT_POLICY } from '../src/contract';
import { parseDuration } from '../src/validation/durations';
import { inputProblems } from '../src/validation/input';
import { policyProblems, withDefaults } from '../src/validation/policy';
import { rightInput } from './support/validation-input';

const CANARY = 'canary7391';

test('takes an input that is right in every field, and one with a request alone', () => {
  expect(inputProblems(rightInput())).toEqual([]);
  expect(inputProblems({ request: rightInput().request })).toEqual([]);
});

test.each([undefined, null, 7, 'text', [], true])('refuses %j in the place of an input', (input) => {
  expect(inputProblems(input)).toEqual([
    'input: must be an object with "request", and optionally "documents" and "policy"',
  ]);
});

test('refuses unknown keys by name, wherever they are but in the request', () => {
  const { request } = rightInput();
  expect(inputProblems({ request, verificationId: CANARY, policy: { deadline: CANARY } })).toEqual([
    'verificationId: unknown field; allowed here: request, documents, policy',
    `policy.deadline: unknown field; allowed here: ${Object.keys(DEFAULT_POLICY).join(', ')}`,
  ]);
});

test.each([
  ['1s', 1_000],
  ['90s', 90_000],
  ['15m', 900_000],
  ['24h', 86_400_000],
  ['90d', 7_776_000_000],
  ['7776000s', 7_776_000_000],
])('reads the duration %s', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each([
  ...['0s', '91d', '7776001s', '1.5h', '-1h', '24', 'h', '24 h', ' 24h', '24h\n', '1h30m', '24H', '1w', 'PT24H', ''],
  ...['9999999999s', '１h', 24, null, {}, ['24h'], undefined],
])('takes %j for no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each(['documentsDeadline', 'resultDeadline'])('refuses a wrong %s and says what is allowed', (field) => {
  for (const value of ['1.5h', CANARY, 24, null]) {
    expect(policyProblems({ [field]: value })).toEqual([
      `policy.${field}: must be an integer and s, m, h or d, such as 90s or 24h, from 1s to 90d`,
    ]);
  }
  expect(policyProblems({ [field]: '90d' })).toEqual([]);
});

test.each(['maxAttempts', 'maxSessions'])('takes 1 to 20 for %s, and nothing else', (field) => {
  const limits = { maxAttempts: 1, maxSessions: 20 };
  expect(policyProblems({ ...limits, [field]: 1 })).toEqual([]);
  expect(policyProblems({ ...limits, [field]: 20 })).toEqual([]);
  for (const value of [0, 21, 1.5, -1, '3', null, NaN, Infinity]) {
    expect(policyProblems({ ...limits, [field]: value })).toEqual([
      `policy.${field}: must be a whole number from 1 to 20`,
    ]);
  }
});

test('each attempt needs a session: maxAttempts must not be above maxSessions, the defaults counted in', () => {
  const line = (sessions: number): string =>
    `policy.maxAttempts: must not be above maxSessions (${sessions}), since each attempt needs a session`;
  expect(policyProblems({ maxAttempts: 6 })).toEqual([line(5)]);
  expect(policyProblems({ maxAttempts: 3, maxSessions: 2 })).toEqual([line(2)]);
  expect(policyProblems({ maxAttempts: 5 })).toEqual([]);
});

test.each([
  ['sessionTiming', ['eager', 'onDocuments']],
  ['ambiguousCreate', ['recreate', 'fail']],
])('takes the choices of %s, and names them when it is another', (field, choices) => {
  for (const choice of choices) expect(policyProblems({ [field]: choice })).toEqual([]);
  for (const value of ['Eager', CANARY, null, true]) {
    expect(policyProblems({ [field]: value })).toEqual([`policy.${field}: must be one of ${choices.join(', ')}`]);
  }
});

test.each([null, 7, 'text', []])('refuses %j in the place of a policy', (policy) => {
  expect(policyProblems(policy)).toEqual(['policy: must be an object']);
});

test('fills in what was left out, undefined included', () => {
  expect(withDefaults(undefined)).toEqual(DEFAULT_POLICY);
  expect(withDefaults({ maxAttempts: 3, resultDeadline: undefined })).toEqual({ ...DEFAULT_POLICY, maxAttempts: 3 });
});

test('gives the defaults of the contract', () => {
  expect(DEFAULT_POLICY).toEqual(rightInput().policy);
});

test('A24: no line holds what was given', () => {
  const policy = Object.fromEntries(Object.keys(DEFAULT_POLICY).map((field) => [field, CANARY]));
  expect(policyProblems(policy)).toHaveLength(6);
  expect(policyProblems(policy).join('\n')).not.toContain(CANARY);
});
