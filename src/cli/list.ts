import type { WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Command } from 'commander';
import type { SEARCH_ATTRIBUTES } from '../contract';
import { find, withFilters, type Filters } from './filters';
import { json, localTime, table } from './layout';
import { withKyc, type Terminal } from './terminal';

interface ListOptions extends Filters {
  json?: boolean;
}

/** One line of a list, as the search attributes tell it; times are ISO 8601 in UTC. */
interface ListedVerification {
  verificationId: string;
  stage: string | null;
  outcome: string | null;
  problem: string | null;
  sessionId: string | null;
  startedAt: string;
  closedAt: string | null;
}

const LISTED = 50;

export function addList(program: Command, terminal: Terminal): void {
  withFilters(program.command('list'), LISTED)
    .description(
      'list verifications, newest first: the running ones; closed ones, too, with --all, --outcome, --stage closed, ' +
        'and with --problem unless --stage or --open is given',
    )
    .option('--json', 'print an array as JSON')
    .action(async (options: ListOptions) => {
      const { executions, more } = await withKyc(terminal, (kyc) => find(kyc, options));
      const found = executions.map(listed);
      if (options.json) return terminal.out(json(found));
      terminal.out(found.length === 0 ? 'There are none.' : describe(found));
      if (more) terminal.out('… and more: --limit shows up to 1000, --older-than those before.');
    });
}

function listed({
  workflowId,
  startTime,
  closeTime,
  typedSearchAttributes,
}: WorkflowExecutionInfo): ListedVerification {
  const read = (name: (typeof SEARCH_ATTRIBUTES)[number]): string | null =>
    typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD')) ?? null;
  return {
    verificationId: workflowId,
    stage: read('KycStage'),
    outcome: read('KycOutcome'),
    problem: read('KycProblem'),
    sessionId: read('KycSessionId'),
    startedAt: startTime.toISOString(),
    closedAt: closeTime?.toISOString() ?? null,
  };
}

function describe(found: readonly ListedVerification[]): string {
  const lines = found.map(({ verificationId, stage, outcome, problem, startedAt }) => [
    verificationId,
    stage ?? '-',
    outcome ?? '-',
    problem ?? '-',
    localTime(startedAt),
  ]);
  return table(['VERIFICATION', 'STAGE', 'OUTCOME', 'PROBLEM', 'STARTED'], lines);
}
