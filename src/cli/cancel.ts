import { Option, type Command } from 'commander';
import { batch, type BatchOptions } from './batch';
import { withRunningFilters } from './filters';
import { json } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addCancel(program: Command, terminal: Terminal): void {
  withRunningFilters(program.command('cancel'))
    .description('ask verifications to stop in an orderly way; their documents are deleted from the store')
    .argument('[id]', 'the verification id; without it, all running ones that the filters name')
    .addOption(new Option('--yes', 'really cancel all of them'))
    .option('--json', 'print {"verificationId"}, or {"verificationIds"} of several')
    .action(async (id: string | undefined, options: BatchOptions) => {
      if (id === undefined) return batch(terminal, options, 'cancel them', (kyc, each) => kyc.get(each).cancel());
      await withKyc(terminal, (kyc) => kyc.get(id).cancel());
      terminal.out(options.json ? json({ verificationId: id }) : `Verification ${id} is asked to stop.`);
    });
}
