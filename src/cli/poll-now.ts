import { Option, type Command } from 'commander';
import type { KycClient } from '../client';
import { pendingActivity } from '../client/pending-activity';
import { TemporalCalls } from '../client/temporal-calls';
import { batch, type BatchOptions } from './batch';
import { withRunningFilters } from './filters';
import { json } from './layout';
import { RefusedError, withKyc, type Terminal } from './terminal';

export function addPollNow(program: Command, terminal: Terminal): void {
  withRunningFilters(program.command('poll-now'))
    .description('let the step that waits for its next try be tried now, such as the look at Notus; it keeps its place')
    .argument('[id]', 'the verification id; without it, all running ones that the filters name')
    .addOption(new Option('--yes', 'really do it to all of them'))
    .option('--json', 'print {"verificationIds"}')
    .action(async (id: string | undefined, options: BatchOptions) => {
      if (id === undefined) return batch(terminal, options, 'let them be tried now', tryNow);
      await withKyc(terminal, (kyc) => tryNow(kyc, id));
      terminal.out(options.json ? json({ verificationIds: [id] }) : `The next try of ${id} is made now.`);
    });
}

/** Resets the count of tries, too; what was sent to Notus stands in the heartbeat details, which are kept. */
async function tryNow({ temporal, taskQueue }: KycClient, verificationId: string): Promise<void> {
  const calls = new TemporalCalls(temporal, verificationId, taskQueue);
  const description = await calls.describe();
  const pending = await pendingActivity(temporal, description);
  if (pending === null) throw new RefusedError(`No step of ${verificationId} waits for its next try.`);
  const { activityId, paused, nextLookAt } = pending;
  if (paused)
    throw new RefusedError(`${activityId} of ${verificationId} is paused: unpause it, and it is tried at once.`);
  // A reset of one that is being tried would count its answer for nothing.
  if (nextLookAt === null) return;
  const { namespace, identity } = temporal.options;
  const execution = { workflowId: verificationId, runId: description.runId };
  await calls.askServer(() =>
    temporal.workflowService.resetActivity({ namespace, execution, identity, id: activityId, keepPaused: true }),
  );
}
