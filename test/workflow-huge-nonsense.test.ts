import type { TestVerification } from './support/test-verification';
import { refusalOf } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, waiting } from './support/verification-input';

const server = timeSkippingServer();

const LONGEST_MESSAGE = 10_000;

/** An object of so many keys; below the 2 MB that Temporal takes. */
const keys = (count: number, prefix = ''): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, 0]));

const JUNK: [string, unknown][] = [
  ['200,000 keys', keys(200_000)],
  ['200,000 keys in a side', { ...documents('first'), front: keys(200_000) }],
  ['a thousand long keys', keys(1_000, 'k'.repeat(1_500))],
  ['keys cut within a character', { ...documents('first'), [`${'k'.repeat(59)}😀`]: 0, '\ud800': 0 }],
  ['a million characters', 'd'.repeat(1_000_000)],
  ['a million bytes, sent as binary/plain', new Uint8Array(1_000_000).fill(65)],
  ['a side of a million characters', { ...documents('first'), back: { uri: 'file:///'.padEnd(1_000_000, 'a') } }],
];

const bytesOf = (message: string | undefined): number => Buffer.byteLength(message ?? '');

async function expectWellUntilItsEnd(verification: TestVerification): Promise<void> {
  await verification.submit(documents('good'));
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(await verification.failedTasks()).toEqual([]);
}

test.each(JUNK)('bears %s in a signal, and says in few words what is wrong', async (_what, junk) => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  await verification.signal(junk);

  const { problem } = await verification.untilProblem('InvalidDocuments');
  expect(bytesOf(problem?.message)).toBeLessThan(LONGEST_MESSAGE);
  expect(bytesOf(await verification.details())).toBeLessThan(2 * LONGEST_MESSAGE);
  await expectWellUntilItsEnd(verification);
});

test.each(JUNK)('bears %s in an update, and refuses it in few words', async (_what, junk) => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  const { type, message } = await refusalOf(verification.submit(junk));

  expect(type).toBe('InvalidDocuments');
  expect(bytesOf(message)).toBeLessThan(LONGEST_MESSAGE);
  await expectWellUntilItsEnd(verification);
});

test.each<[string, unknown]>([
  ...JUNK,
  ['200,000 keys in its policy', { ...complete(), policy: keys(200_000) }],
  ['200,000 keys in its documents', { ...complete(), documents: keys(200_000) }],
  ['junk in every part', { ...keys(50_000), policy: keys(50_000), documents: keys(50_000), request: keys(20_000) }],
])('fails in few words on %s as its input', async (_what, junk) => {
  const verification = await server.start(junk);

  const { type, message } = await verification.failure();

  expect(type).toBe('InvalidRequest');
  expect(bytesOf(message)).toBeLessThan(LONGEST_MESSAGE);
  expect(await verification.failedTasks()).toEqual([]);
});
