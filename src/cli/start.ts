import type { Command } from 'commander';
import type { VerificationInput } from '../contract';
import { readInput } from './input-file';
import { json } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addStart(program: Command, terminal: Terminal): void {
  program
    .command('start')
    .description('start a verification, or find it: the same id with the same request is the same verification')
    .argument('<id>', 'the verification id; opaque, without a name or a document number')
    .argument('<file>', 'the request as JSON (request, documents?, policy?); - for standard input')
    .option('--restart', 'a new try under the id of a verification that is closed')
    .option('--json', 'print {"verificationId","started"}')
    .action(async (id: string, file: string, options: { restart?: boolean; json?: boolean }) => {
      const input = (await readInput(file, terminal)) as VerificationInput;
      const { verificationId, started } = await withKyc(terminal, (kyc) =>
        kyc.start(id, input, { restart: options.restart ?? false }),
      );
      if (options.json) return terminal.out(json({ verificationId, started }));
      terminal.out(started ? `Verification ${id} is started.` : `Verification ${id} was there already.`);
    });
}
