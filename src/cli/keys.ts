import type { Command } from 'commander';
import { findKeyUsage, type KeyUsage } from '../client/key-usage';
import { json, localTime, table } from './layout';
import { withKyc, type Terminal } from './terminal';

const TELL_EVERY = 1_000;

export function addKeys(program: Command, terminal: Terminal): void {
  program
    .command('keys')
    .description(
      'tell which encryption keys the namespace still needs, by reading every history, none of which it decrypts',
    )
    .option('--json', 'print an array of {"keyId","executions","newestStart"}')
    .action(async (options: { json?: boolean }) => {
      const usage = await withKyc(terminal, ({ temporal }) => findKeyUsage(temporal, progress(terminal)));
      if (options.json) return terminal.out(json(usage));
      terminal.out(usage.length === 0 ? 'No execution in the namespace is encrypted.' : describe(usage));
    });
}

function progress(terminal: Terminal): (read: number) => void {
  return (read) => {
    terminal.signal.throwIfAborted();
    if (read % TELL_EVERY === 0) terminal.err(`${read} executions read …`);
  };
}

function describe(usage: readonly KeyUsage[]): string {
  const lines = usage.map(({ keyId, executions, newestStart }) => [keyId, String(executions), localTime(newestStart)]);
  return table(['KEY', 'EXECUTIONS', 'NEWEST STARTED'], lines);
}
