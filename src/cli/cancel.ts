import type { Command } from 'commander';
import { json } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addCancel(program: Command, terminal: Terminal): void {
  program
    .command('cancel')
    .description('ask a verification to stop in an orderly way; its documents are deleted from the store')
    .argument('<id>', 'the verification id')
    .option('--json', 'print {"verificationId"}')
    .action(async (id: string, options: { json?: boolean }) => {
      await withKyc(terminal, (kyc) => kyc.get(id).cancel());
      terminal.out(options.json ? json({ verificationId: id }) : `Verification ${id} is asked to stop.`);
    });
}
