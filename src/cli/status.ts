import type { Command } from 'commander';
import { describeStatus } from './describe-status';
import { json } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .description('tell where a verification stands; of a closed one, too')
    .argument('<id>', 'the verification id')
    .option('--json', 'print the status as JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      const status = await withKyc(terminal, (kyc) => kyc.get(id).status());
      terminal.out(options.json ? json(status) : describeStatus(status));
    });
}
