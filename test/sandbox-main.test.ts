import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { createBody } from './support/sandbox-caller';

const SOURCES = join(__dirname, '../src/sandbox');
const READY = /ready at (http:\/\/127\.0\.0\.1:\d+)/;

let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  mkdirSync(join(folder, 'program'));
  for (const file of readdirSync(SOURCES)) {
    const { code } = transformSync(readFileSync(join(SOURCES, file), 'utf8'), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    writeFileSync(join(folder, 'program', file.replace(/ts$/, 'js')), code);
  }
});

afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

afterAll(() => rmSync(folder, { recursive: true }));

interface Program {
  child: ChildProcess;
  /** What it has printed, once that matches or the program has ended. */
  printed: (pattern: RegExp) => Promise<string>;
}

function run(environment: Record<string, string>): Program {
  const child = spawn(process.execPath, [join(folder, 'program/main.js')], {
    env: { PATH: process.env.PATH, NODE_PATH: join(__dirname, '../node_modules'), ...environment },
  });
  children.push(child);
  let output = '';
  const printed = (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => void (pattern.test(output) && resolve(output));
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
      child.once('close', () => resolve(output));
      look();
    });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, printed };
}

const create = (url: string, key: string): Promise<Response> =>
  fetch(`${url}/api/v1/kyc/individual-verification-sessions/standard`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(createBody()),
  });

test('says what to export, prints a line a call without personal data, and stops on SIGTERM', async () => {
  const program = run({ SANDBOX_ADDRESS: '127.0.0.1:0', SANDBOX_API_KEY: 'my-key' });
  const welcome = await program.printed(READY);
  const url = READY.exec(welcome)?.[1] ?? '';
  const response = await create(url, 'my-key');
  const output = (await program.printed(/create .*created/)).slice(welcome.length);
  const ended = once(program.child, 'exit');
  program.child.kill('SIGTERM');

  expect(welcome).toContain(`export NOTUS_API_URL=${url}/api/v1\n  export NOTUS_API_KEY=my-key`);
  expect(welcome).toContain(`curl ${url}/sandbox`);
  expect(response.status).toBe(200);
  expect(output).not.toMatch(/Ana|Exemplo|12345678909|my-key/);
  expect(await ended).toEqual([0, null]);
});

test('leads the forms to where SANDBOX_S3_URL says', async () => {
  const program = run({ SANDBOX_ADDRESS: '127.0.0.1:0', SANDBOX_S3_URL: 'http://127.0.0.1:4011/' });
  const url = READY.exec(await program.printed(READY))?.[1] ?? '';
  const { frontDocument } = (await (await create(url, 'sandbox-key')).json()) as { frontDocument: { url: string } };

  expect(frontDocument.url).toMatch(/^http:\/\/127\.0\.0\.1:4011\/./);
});

test('answers 429 to calls beyond SANDBOX_MAX_REQUESTS_PER_SECOND', async () => {
  const program = run({ SANDBOX_ADDRESS: '127.0.0.1:0', SANDBOX_MAX_REQUESTS_PER_SECOND: '1' });
  const url = READY.exec(await program.printed(READY))?.[1] ?? '';
  const answers = await Promise.all(Array.from({ length: 20 }, () => create(url, 'sandbox-key')));
  const statuses = new Set(answers.map(({ status }) => status));

  expect(statuses).toEqual(new Set([200, 429]));
});

test('goes on from its data file after SIGKILL', async () => {
  const environment = { SANDBOX_ADDRESS: '127.0.0.1:0', SANDBOX_DATA_FILE: join(folder, 'killed.jsonl') };
  const first = run(environment);
  const firstUrl = READY.exec(await first.printed(READY))?.[1] ?? '';
  await create(firstUrl, 'sandbox-key');
  const ended = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await ended;
  const second = run(environment);
  const secondUrl = READY.exec(await second.printed(READY))?.[1] ?? '';
  const sessions = await (await fetch(`${secondUrl}/sandbox/sessions`)).json();

  expect(sessions).toMatchObject([{ documentId: '12345678909', status: 'PENDING' }]);
});

test.each([
  [{ SANDBOX_ADDRESS: 'nowhere' }, 'SANDBOX_ADDRESS must be host:port'],
  [{ SANDBOX_S3_URL: 'http://127.0.0.1:4011/bucket' }, 'SANDBOX_S3_URL must be an http or https URL without a path'],
  [{ SANDBOX_MAX_REQUESTS_PER_SECOND: '0' }, 'SANDBOX_MAX_REQUESTS_PER_SECOND must be a number from 1 on'],
  [{ SANDBOX_PROFILE: 'live' }, 'SANDBOX_PROFILE must be seed or live-2025-10'],
  [{ SANDBOX_DATA_FILE: '/missing/folder/file' }, 'SANDBOX_DATA_FILE: the file cannot be used (ENOENT)'],
])('does not start with %j', async (environment, message) => {
  const { child, printed } = run({ SANDBOX_ADDRESS: '127.0.0.1:0', ...environment });

  expect(await printed(READY)).toContain(message);
  expect(child.exitCode).toBe(1);
});

test('does not move away from an address that was set', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { child, printed } = run({ SANDBOX_ADDRESS: `127.0.0.1:${(holder.address() as AddressInfo).port}` });
  const output = await printed(READY);
  holder.close();

  expect(output).toContain('SANDBOX_ADDRESS: nothing can listen there (EADDRINUSE)');
  expect(child.exitCode).toBe(1);
});
