import { runCli } from './program';

async function main(): Promise<void> {
  const interruption = new AbortController();
  const { signal } = interruption;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort());
  // A reader such as head may have seen enough.
  process.stdout.on('error', () => process.exit());

  const command = runCli(process.argv.slice(2), {
    env: process.env,
    stdin: process.stdin,
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    signal,
  });
  signal.addEventListener('abort', () => {
    // Calls that can't be interrupted are left to themselves.
    setTimeout(() => process.exit(130), 1_000).unref();
  });
  process.exitCode = await command;
}

void main();
