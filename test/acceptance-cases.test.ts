import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pains of real integrators, numbered A1 to A29; the title of each test that answers one begins with its number. */
const CASES = Array.from({ length: 29 }, (_, index) => `A${index + 1}`);

const titles = readdirSync(__dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) => readFileSync(join(__dirname, file), 'utf8').match(/\(\s*['"`]A\d+[:,][^'"`\n]*/g) ?? []);

test.each(CASES)('%s is answered by a test that names it', (acceptanceCase) => {
  const named = titles.filter((title) => new RegExp(`['"\`]${acceptanceCase}[:,]`).test(title));
  expect(named).not.toEqual([]);
});

test('A28: the state machine is documented, with every stage, outcome and failure', () => {
  const architecture = readFileSync(join(__dirname, '../ARCHITECTURE.md'), 'utf8');
  const words = [
    ...['creatingSession', 'awaitingDocuments', 'uploadingDocuments', 'verifying', 'closed'],
    ...['approved', 'rejected', 'abandoned', 'expired', 'timedOut'],
    ...['InvalidRequest', 'DocumentUnusable', 'SessionCreationAmbiguous', 'ProtocolError'],
  ];
  expect(words.filter((word) => !architecture.includes(word))).toEqual([]);
});
