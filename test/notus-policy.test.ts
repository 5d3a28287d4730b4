import { formLimits } from '../src/notus/policy';
import { formFields } from './support/notus-answers';

const NOW = Date.parse('2025-10-01T23:36:00Z');
const MIB_25 = 26_214_400;

test('A13: the form expires when its policy says, 10 minutes after it was signed in the live API', () => {
  const fields = formFields({ expiration: '2025-10-01T23:45:50Z', conditions: [] });
  expect(formLimits(fields, NOW).expiresAt).toBe(Date.parse('2025-10-01T23:45:50Z'));
});

test('A13: a policy that allows 15 minutes is believed', () => {
  const fields = formFields({ expiration: '2025-10-01T23:50:50.000Z', conditions: [] });
  expect(formLimits(fields, NOW).expiresAt).toBe(Date.parse('2025-10-01T23:50:50Z'));
});

test.each([
  ['the malformed date of the docs', { expiration: '2025-01-20T1045:00Z', conditions: [] }],
  ['a day that does not exist', { expiration: '2025-13-41T10:45:00Z', conditions: [] }],
  ['a number for a date', { expiration: 5, conditions: [] }],
  ['no date', { conditions: [] }],
  ['broken JSON', '{"expiration":'],
  ['JSON that is no object', 'null'],
  ['nothing', ''],
])('A13: with %s the form expires 10 minutes after X-Amz-Date', (_what, policy) => {
  expect(formLimits(formFields(policy), NOW)).toEqual({
    expiresAt: Date.parse('2025-10-01T23:45:50Z'),
    maxBytes: MIB_25,
  });
});

test.each([
  ['absent', {}],
  ['unreadable', { 'X-Amz-Date': 'yesterday' }],
  ['no real day', { 'X-Amz-Date': '20251341T233550Z' }],
])('A13: with X-Amz-Date %s, too, it expires 10 minutes from now', (_what, fields) => {
  expect(formLimits(fields, NOW).expiresAt).toBe(NOW + 600_000);
});

test.each([
  [[['content-length-range', 0, 1000]], 1000],
  [[['starts-with', '$key', 'documents/'], { bucket: 'b' }, ['content-length-range', 1, 5000]], 5000],
  [
    [
      ['content-length-range', 0, 9000],
      ['content-length-range', 0, 4000],
    ],
    4000,
  ],
  [[['content-length-range', 0, 'many']], MIB_25],
  [[['content-length-range', 0, -1]], MIB_25],
  [[], MIB_25],
  ['none', MIB_25],
])('A18: the conditions %j allow %i bytes', (conditions, maxBytes) => {
  expect(formLimits(formFields({ expiration: '2025-10-01T23:45:50Z', conditions }), NOW).maxBytes).toBe(maxBytes);
});
