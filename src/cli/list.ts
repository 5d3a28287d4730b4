import type { WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { KycClient } from '../client';
import { GRPC, grpcCode } from '../client/temporal-calls';
import { WORKFLOW_TYPE, type OutcomeName, type ProblemCode, type SEARCH_ATTRIBUTES, type Stage } from '../contract';
import { json, localTime, table } from './layout';
import { RefusedError, withKyc, type Terminal } from './terminal';

const STAGES: readonly Stage[] = ['creatingSession', 'awaitingDocuments', 'uploadingDocuments', 'verifying', 'closed'];

type ListedOutcome = OutcomeName | 'failed' | 'cancelled';
const OUTCOMES: readonly ListedOutcome[] = [
  'approved',
  'rejected',
  'abandoned',
  'expired',
  'timedOut',
  'failed',
  'cancelled',
];

interface Filters {
  stage?: Stage;
  outcome?: ListedOutcome;
  problem?: ProblemCode;
  all?: boolean;
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
  program
    .command('list')
    .description('list verifications, newest first: the running ones, or those that a filter names')
    .addOption(new Option('--stage <stage>', 'only those in this stage').choices(STAGES))
    .addOption(new Option('--outcome <outcome>', 'only those closed with this outcome').choices(OUTCOMES))
    .addOption(new Option('--problem <code>', 'only those with this problem').argParser(parseCode))
    .option('--all', 'closed ones, too')
    .addOption(new Option('--limit <n>', 'at most so many').argParser(parseLimit).default(50))
    .option('--json', 'print an array as JSON')
    .action(async (filters: Filters) => {
      const found = await withKyc(terminal, (kyc) => list(kyc, filters));
      if (filters.json) return terminal.out(json(found));
      terminal.out(found.length === 0 ? 'There are none.' : describe(found));
    });
}

async function list({ temporal }: KycClient, filters: Filters): Promise<ListedVerification[]> {
  const found: ListedVerification[] = [];
  try {
    for await (const execution of temporal.workflow.list({ query: queryOf(filters), pageSize: filters.limit })) {
      found.push(listed(execution));
      if (found.length === filters.limit) break;
    }
    return found;
  } catch (error) {
    if (grpcCode(error) !== GRPC.invalidArgument) throw error;
    throw new RefusedError('The server does not know the search attributes: register them with "kyc setup".');
  }
}

function queryOf({ stage, outcome, problem, all }: Filters): string {
  const includesClosed = all || stage === 'closed' || outcome !== undefined;
  return [
    `WorkflowType = '${WORKFLOW_TYPE}'`,
    ...(includesClosed ? [] : [`ExecutionStatus = 'Running'`]),
    ...(stage ? [`KycStage = '${stage}'`] : []),
    ...(outcome ? [`KycOutcome = '${outcome}'`] : []),
    ...(problem ? [`KycProblem = '${problem}'`] : []),
  ].join(' AND ');
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

function parseCode(text: string): ProblemCode {
  if (/^[A-Za-z]+$/.test(text)) return text as ProblemCode;
  throw new InvalidArgumentError('It must be a problem code, such as NotusUnavailable.');
}
