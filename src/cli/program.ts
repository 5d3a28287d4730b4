import { Command, CommanderError } from 'commander';
import { addCancel } from './cancel';
import { addCodecServer } from './codec-server';
import { addDoctor } from './doctor';
import { addErase } from './erase';
import { addKeys } from './keys';
import { addList } from './list';
import { addOutcome } from './outcome';
import { addPollNow } from './poll-now';
import { addSetup } from './setup';
import { addStart } from './start';
import { addStatus } from './status';
import { addSubmit } from './submit';
import { sentenceOf, UsageError, type Terminal } from './terminal';
import { addWatch } from './watch';

const COMMANDS = [
  addStart,
  addSubmit,
  addStatus,
  addWatch,
  addOutcome,
  addCancel,
  addErase,
  addPollNow,
  addList,
  addSetup,
  addDoctor,
  addCodecServer,
  addKeys,
] as const;

const DONE = 0;
const REFUSED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

/**
 * Runs one `kyc` command and gives its exit code: 0 it did what was asked, whatever the outcome; 1 refused, failed or
 * cancelled; 2 usage; 130 interrupted.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('kyc')
    .description('Starts, follows and lists identity verifications.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  for (const add of COMMANDS) add(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return DONE;
  } catch (error) {
    if (terminal.signal.aborted) return INTERRUPTED;
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE;
    terminal.err(sentenceOf(error));
    return error instanceof UsageError ? USAGE : REFUSED;
  }
}
