import type { Command } from 'commander';
import type { VerificationOutcome } from '../contract';
import { json, localTime, rows } from './layout';
import { withKyc, type Terminal } from './terminal';

export function addOutcome(program: Command, terminal: Terminal): void {
  program
    .command('outcome')
    .description('wait for the outcome of a verification and print it')
    .argument('<id>', 'the verification id')
    .option('--json', 'print the outcome as JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      const outcome = await withKyc(terminal, (kyc) => kyc.get(id).outcome({ signal: terminal.signal }));
      terminal.out(options.json ? json(outcome) : describeOutcome(outcome));
    });
}

function describeOutcome({ problem, ...outcome }: VerificationOutcome): string {
  return rows([
    ['outcome', outcome.outcome],
    ['individual', outcome.individualId],
    ['session', outcome.sessionId && `${outcome.sessionId} (${outcome.notusStatus ?? 'not seen'})`],
    ['problem', problem && `${problem.code}: ${problem.message}`],
    ...outcome.attempts.map(
      (attempt, index) => [`attempt ${index + 1}`, `${attempt.outcome} at ${localTime(attempt.endedAt)}`] as const,
    ),
  ]);
}
