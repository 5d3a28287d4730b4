import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEM_CODES } from '../src/contract';
import { kyc } from './support/kyc-command';

const root = join(__dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const runbook = read('docs/runbook.md');
const sections = new Map(
  runbook
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);

/** The literals of the contract's union. */
const [, union = ''] = /export type FailureType =([^;]+);/.exec(read('src/contract.ts')) ?? [];
const failureTypes = [...union.matchAll(/'(\w+)'/g)].map(([, word]) => word ?? '');

const alerts = [
  ...new Set([...read('deploy/prometheus/alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? '')),
];
const saysWhatToDo = (name: string): boolean => {
  const text = sections.get(name) ?? '';
  return text.includes('Do: ') && text.includes("Don't: ");
};

test('every alert, problem code and failure type has a section that says what to do, and what not', () => {
  const wanted = [...alerts, ...PROBLEM_CODES, ...failureTypes.map((type) => `Failure ${type}`)];
  expect(wanted.length).toBeGreaterThan(30);
  expect(wanted.filter((name) => !saysWhatToDo(name))).toEqual([]);
});

test('every alert links to its section', () => {
  const links = [...read('deploy/prometheus/alerts.yml').matchAll(/runbook_url: docs\/runbook\.md#(\S+)/g)].map(
    ([, to]) => to,
  );
  expect(new Set(links)).toEqual(new Set(alerts.map((name) => name.toLowerCase())));
});

/** The commands as an operator would type them, with made-up values. */
const commands = [
  ...new Set([...runbook.matchAll(/(?:npm run kyc --|`kyc) ([a-z][^`\n]*)/g)].map(([, text = '']) => text.trim())),
];

test.concurrent.each(commands)('the command line takes: kyc %s', async (text) => {
  const args = text.replace('ID', 'some-id').replace('FILE', 'package.json').split(' ');
  // Nobody listens there: a command that is understood gets as far as that, one that is not ends with 2.
  const { code } = await kyc(args, { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(code).toBe(1);
});
