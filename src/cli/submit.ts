import type { Command } from 'commander';
import { describeStatus } from './describe-status';
import { json } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addSubmit(program: Command, terminal: Terminal): void {
  program
    .command('submit')
    .description('give the documents to a verification; files are put into the document store first')
    .argument('<id>', 'the verification id')
    .requiredOption('--front <path-or-uri>', 'the front of the document, or the photo page of a passport')
    .option('--back <path-or-uri>', 'the back, for all but passports')
    .option('--json', 'print the status as JSON')
    .action(async (id: string, { front, back, ...options }: { front: string; back?: string; json?: boolean }) => {
      const status = await withKyc(terminal, (kyc) =>
        kyc.get(id).submitDocuments({ front, ...(back === undefined ? {} : { back }) }),
      );
      terminal.out(options.json ? json(status) : `The documents are taken.\n${describeStatus(status)}`);
    });
}
