import type { Command } from 'commander';
import type { VerificationStatus } from '../contract';
import { summarizeStatus } from './describe-status';
import { localTime } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addWatch(program: Command, terminal: Terminal): void {
  program
    .command('watch')
    .description('tell each change of a verification on a line, until it is closed')
    .argument('<id>', 'the verification id')
    .option('--json', 'print each status as JSON on a line')
    .action(async (id: string, options: { json?: boolean }) => {
      await withKyc(terminal, async (kyc) => {
        let last: VerificationStatus | null = null;
        for await (const status of kyc.get(id).watch({ signal: terminal.signal })) {
          const line = `${localTime(new Date().toISOString())}  ${summarizeStatus(status)}`;
          terminal.out(options.json ? JSON.stringify(status) : line);
          last = status;
        }
        // Without an outcome it has failed or was stopped; asking for it tells which.
        if (last?.stage === 'closed' && last.outcome === null) await kyc.get(id).outcome();
      });
    });
}
