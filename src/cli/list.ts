import type { WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { SEARCH_ATTRIBUTES } from '../contract';
import { find, withFilters, type Filters } from './filters';
import { json, localTime, table } from './layout';
import { withKyc, type Terminal } from './terminal';

interface ListOptions extends Filters {
  limit: number;
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

export function addList(program: Command, terminal: Terminal): void {
  withFilters(program.command('list'))
    .description('list verifications, newest first: the running ones, or those that a filter names')
    .addOption(new Option('--limit <n>', 'at most so many').argParser(parseLimit).default(50))
    .option('--json', 'print an array as JSON')
    .action(async (options: ListOptions) => {
      const found = (await withKyc(terminal, (kyc) => find(kyc, options, options.limit))).map(listed);
      if (options.json) return terminal.out(json(found));
      terminal.out(found.length === 0 ? 'There are none.' : describe(found));
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

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit;
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
}
