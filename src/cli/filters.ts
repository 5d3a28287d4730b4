import type { WorkflowExecutionInfo } from '@temporalio/client';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { KycClient } from '../client';
import { GRPC, grpcCode } from '../client/temporal-calls';
import { ENDINGS, STAGES, WORKFLOW_TYPE, type Ending, type ProblemCode, type Stage } from '../contract';
import { parseDuration } from '../validation/durations';
import { RefusedError } from './terminal';

/** Which running verifications are meant. */
export interface RunningFilters {
  stage?: Stage;
  problem?: ProblemCode;
  /** Milliseconds. */
  olderThan?: number;
}

/** Which verifications are meant, running or closed. */
export interface Filters extends RunningFilters {
  outcome?: Ending;
  all?: boolean;
}

/** Lets a command name running verifications by what the search attributes tell. */
export function withRunningFilters(command: Command): Command {
  return command
    .addOption(new Option('--stage <stage>', 'only those in this stage').choices(STAGES))
    .addOption(new Option('--problem <code>', 'only those with this problem').argParser(parseCode))
    .addOption(new Option('--older-than <duration>', 'only those that began longer ago: 90m, 2d').argParser(parseAge));
}

/** The same for closed ones, too. */
export function withFilters(command: Command): Command {
  return withRunningFilters(command)
    .addOption(new Option('--outcome <outcome>', 'only those closed with this outcome').choices(ENDINGS))
    .option('--all', 'closed ones, too');
}

export const isFiltered = ({ stage, problem, olderThan }: RunningFilters): boolean =>
  stage !== undefined || problem !== undefined || olderThan !== undefined;

/** The newest that fit, at most `limit`. Throws `RefusedError` when the server does not know the search attributes. */
export async function find({ temporal }: KycClient, filters: Filters, limit: number): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  try {
    for await (const execution of temporal.workflow.list({ query: queryOf(filters), pageSize: limit })) {
      found.push(execution);
      if (found.length === limit) break;
    }
    return found;
  } catch (error) {
    if (grpcCode(error) !== GRPC.invalidArgument) throw error;
    throw new RefusedError('The server does not know the search attributes: register them with "kyc setup".');
  }
}

function queryOf({ stage, outcome, problem, olderThan, all }: Filters): string {
  const includesClosed = all || stage === 'closed' || outcome !== undefined;
  return [
    `WorkflowType = '${WORKFLOW_TYPE}'`,
    ...(includesClosed ? [] : [`ExecutionStatus = 'Running'`]),
    ...(stage ? [`KycStage = '${stage}'`] : []),
    ...(outcome ? [`KycOutcome = '${outcome}'`] : []),
    ...(problem ? [`KycProblem = '${problem}'`] : []),
    ...(olderThan === undefined ? [] : [`StartTime < '${new Date(Date.now() - olderThan).toISOString()}'`]),
  ].join(' AND ');
}

function parseCode(text: string): ProblemCode {
  if (/^[A-Za-z]+$/.test(text)) return text as ProblemCode;
  throw new InvalidArgumentError('It must be a problem code, such as NotusUnavailable.');
}

function parseAge(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== null) return milliseconds;
  throw new InvalidArgumentError('It must be a whole number and s, m, h or d, such as 90m or 2d.');
}
