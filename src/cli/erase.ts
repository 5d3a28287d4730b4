import type { Command } from 'commander';
import { demandDocumentStore } from '../config';
import { json, localTime, rows } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addErase(program: Command, terminal: Terminal): void {
  program
    .command('erase')
    .description(
      'delete a verification for good, ending it if it runs: its documents, and all that Temporal holds of it',
    )
    .argument('<id>', 'the verification id')
    .option(
      '--json',
      'print {"verificationId","runs","documentsDeleted","documentsElsewhere","keyIds","erasedAt"}, the record to keep',
    )
    .action(async (id: string, options: { json?: boolean }) => {
      demandDocumentStore(terminal.env);
      const record = await withKyc(terminal, (kyc) => kyc.get(id).erase());
      if (options.json) return terminal.out(json(record));
      const { verificationId, runs, documentsDeleted, documentsElsewhere, keyIds, erasedAt } = record;
      const shown = rows([
        ['erased', verificationId],
        ['at', localTime(erasedAt)],
        ['runs', runs.join(', ')],
        ['documents', `${documentsDeleted} deleted from the store`],
        ['left', documentsElsewhere === 0 ? null : leftElsewhere(documentsElsewhere)],
        ['keys', keyIds.length > 0 ? keyIds.join(', ') : 'none: it was in clear'],
      ]);
      terminal.out(
        `${shown}\n\nBackups may still hold it, readable only with these keys: "kyc keys" tells who needs them.`,
      );
    });
}

function leftElsewhere(documents: number): string {
  const lie = documents === 1 ? '1 document lies' : `${documents} documents lie`;
  return `${lie} outside KYC_DOCUMENT_STORE and ${documents === 1 ? 'was' : 'were'} left`;
}
