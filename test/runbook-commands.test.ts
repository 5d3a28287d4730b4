import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerificationHandle } from '../src/client';
import { until } from './support/end-to-end';
import { jpegImage } from './support/images';
import { temporalCli, useTemporal } from './support/temporal';
import { temporaryFolder } from './support/temporary-folder';
import { waiting } from './support/verification-input';
import { newId, withVerifications, type Verifications } from './support/verifications';

const ROOT = join(__dirname, '..');
const AT_ONCE = 3;

const temporal = useTemporal();

/** Commands that are not run here, each with the reason. */
const NOT_RUN: Record<string, string> = {
  'temporal activity fail': 'named without arguments; end-to-end-operator.test.ts runs it during a call',
  'temporal workflow delete': 'named as what not to use',
  'temporal worker deployment set-current-version --deployment-name kyc --build-id 2026-11-23 --yes':
    'needs workers with versions; end-to-end-versioning.test.ts runs it',
  'temporal worker deployment set-current-version --deployment-name kyc --build-id $NEW --yes': 'the same',
  'temporal worker deployment describe-version --deployment-name kyc --build-id $OLD': 'the same',
  'npx jest replay': 'a test suite of its own',
  'npm run test:cluster': 'the same',
  'npm run record-histories': 'writes recordings',
  'npm run kyc --': 'stands for all of its commands',
  ...Object.fromEntries(
    [
      'npm run production',
      'npm run test:production',
      ...['start', 'status', 'stop'].map((word) => `npm run production -- ${word} DIR`),
    ].map((command) => [command, 'needs PostgreSQL, Go and Prometheus; test/production runs it']),
  ),
};

/** What the documents tell to type, without the comments behind it. */
function commandsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, 'docs', file), 'utf8').replaceAll(/\\\n\s*/g, '');
  const found = [...text.matchAll(/(?:`|^)((?:kyc|temporal|npm run|npx) [a-z][^`\n]*)/gm)];
  return [...new Set(found.map(([, command = '']) => command.replace(/\s+# .*/, '').trim()))];
}

interface Target {
  verification: VerificationHandle;
  /** The point before the step that is at hand. */
  event: string;
}

/** A verification in the state that a command is for; in most cases one that waits for a decision. */
async function targetFor(command: string, { kyc }: Verifications): Promise<Target> {
  const wantsClosed = /^kyc (outcome|start)/.test(command);
  const { request } = waiting();
  const documentId = wantsClosed ? '12345671001' : '12345672101';
  const verification = await kyc.start(newId(), { request: { ...request, documentId } });
  await verification.submitDocuments({ front: jpegImage({ seed: 1 }), back: jpegImage({ seed: 2 }) });
  if (wantsClosed) await verification.outcome();
  else await until(async () => (await verification.status()).pending?.lastAnswer?.includes('VERIFYING') ?? false);
  const workflow = kyc.temporal.workflow.getHandle(verification.verificationId);
  const { events } = await workflow.fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: attributes }) => attributes ?? []);
  return { verification, event: String(scheduled.at(-1)?.workflowTaskCompletedEventId) };
}

interface Ran {
  command: string;
  code: number;
  said: string;
}

/** A shell in which `kyc` and `temporal` are what the documents mean by them. */
function shell(env: Record<string, string>): (command: string, more: Record<string, string>) => Promise<Ran> {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(temporalCli(), join(bin, 'temporal'));
  writeFileSync(join(bin, 'kyc'), `#!/bin/sh\nexec node ${join(ROOT, 'lib/cli/main.js')} "$@"\n`);
  chmodSync(join(bin, 'kyc'), 0o755);
  const configFile = join(folder, 'temporal.toml');
  writeFileSync(configFile, '[profile.default]\n');
  const PATH = `${bin}:${process.env.PATH ?? ''}`;
  return (command, more) =>
    new Promise((resolve) => {
      const options = { env: { ...env, ...more, PATH, HOME: folder, TEMPORAL_CONFIG_FILE: configFile }, cwd: ROOT };
      const child = execFile('sh', ['-c', command], { ...options, timeout: 60_000 }, (_, out, err) => {
        resolve({ command, code: child.exitCode ?? -1, said: child.exitCode === 0 ? '' : `${out}${err}` });
      });
    });
}

/** The words that a person replaces, as what the shell puts there. */
function typed(command: string): string {
  return command
    .replace(/^npm run kyc -- /, 'kyc ')
    .replace(/^npm run replay-live/, 'node lib/replay/main.js')
    .replace(/^(kyc \w+) ID\b/, '$1 "$ID"')
    .replace(/\bFILE\b/, '"$FILE"')
    .replace(/\bEVENT\b/, '"$EVENT"');
}

const commands = ['runbook.md', 'deploys.md'].flatMap(commandsOf);
const toRun = [...new Set(commands.filter((command) => !(command in NOT_RUN)).map(typed))];

test('runs what it says it does not run for no other reason than that the documents name it', () => {
  expect(Object.keys(NOT_RUN).filter((command) => !commands.includes(command))).toEqual([]);
  expect(toRun.length).toBeGreaterThan(25);
});

test('every command of the runbook does what it is told on a real server', async () => {
  await withVerifications(temporal, (place) =>
    place.withWorker(async () => {
      const run = shell(place.env);
      const file = join(temporaryFolder(), 'input.json');
      writeFileSync(file, JSON.stringify(waiting()));
      const ran: Ran[] = [];
      const left = [...toRun];
      const runOn = async (): Promise<void> => {
        for (let command = left.shift(); command !== undefined; command = left.shift()) {
          const needsOne = command.includes('$ID');
          const target = needsOne ? await targetFor(command, place) : null;
          const env = { ID: target?.verification.verificationId ?? '', EVENT: target?.event ?? '', FILE: file };
          if (command.includes('activity unpause')) await run(command.replace('unpause', 'pause'), env);
          ran.push(await run(command, env));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, runOn));

      expect(ran.filter(({ code }) => code !== 0)).toEqual([]);
      expect(ran).toHaveLength(toRun.length);
    }),
  );
}, 300_000);
