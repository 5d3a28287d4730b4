import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { KycClient } from '../client';
import { find, isFiltered, type RunningFilters } from './filters';
import { json } from './layout';
import { RefusedError, sentenceOf, UsageError, withKyc, type Terminal } from './terminal';

export interface BatchOptions extends RunningFilters {
  yes?: boolean;
  json?: boolean;
}

/**
 * Does the same to all running verifications that the filters name, one after the other; nothing without `--yes`. One
 * that can't be done holds the others up as little as it is hushed up.
 */
export async function batch(
  terminal: Terminal,
  options: BatchOptions,
  what: string,
  act: (kyc: KycClient, verificationId: string) => Promise<void>,
): Promise<void> {
  if (!isFiltered(options)) throw new UsageError('Name a verification, or filters: --stage, --problem, --older-than.');
  await withKyc(terminal, async (kyc) => {
    const { executions: found, more } = await find(kyc, { ...options, open: true });
    const number = `${more ? 'More than ' : ''}${found.length}`;
    if (!options.yes) throw new RefusedError(`${number} running verifications fit: add --yes to ${what}.`);
    const done: string[] = [];
    for (const { workflowId } of found) {
      try {
        await act(kyc, workflowId);
        done.push(workflowId);
      } catch (error) {
        terminal.err(`${workflowId}: ${sentenceOf(error)}`);
      }
    }
    terminal.out(options.json ? json({ verificationIds: done }) : `Done: ${done.length} of ${found.length}.`);
    if (more) terminal.err(`There are more, which began before these: go on with --older-than ${ageOf(found.at(-1))}.`);
    if (done.length < found.length) throw new RefusedError(`${found.length - done.length} could not be done.`);
  });
}

/** As `--older-than` takes it. */
function ageOf(execution: WorkflowExecutionInfo | undefined): string {
  const ms = Date.now() - (execution?.startTime.getTime() ?? Date.now());
  return `${Math.max(1, Math.floor(ms / 1_000))}s`;
}
