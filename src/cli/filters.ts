import type { WorkflowExecutionInfo } from '@temporalio/client';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { KycClient } from '../client';
import { GRPC, grpcCode } from '../client/temporal-calls';
import { ENDINGS, PROBLEM_CODES, STAGES, WORKFLOW_TYPE, type Ending, type ProblemCode, type Stage } from '../contract';
import { inStage, NEW } from '../open-verifications';
import { SETUP } from '../search-attributes';
import { parseDuration } from '../validation/durations';
import { RefusedError } from './terminal';

/** Which running verifications are meant. */
export interface RunningFilters {
  stage?: Stage | typeof NEW;
  problem?: ProblemCode;
  /** Milliseconds. */
  olderThan?: number;
  /** At most so many, the newest. */
  limit: number;
}

/** Which verifications are meant, running or closed. */
export interface Filters extends RunningFilters {
  outcome?: Ending;
  open?: boolean;
  all?: boolean;
}

/** What was found, newest first; `more` when there are others beyond the limit. */
export interface Found {
  executions: WorkflowExecutionInfo[];
  more: boolean;
}

/** The server gives no more at a time. */
const MOST = 1_000;

/** Lets a command name running verifications by what the search attributes tell. */
export function withRunningFilters(command: Command, limit = MOST): Command {
  return command
    .addOption(new Option('--stage <stage>', 'only those in this stage').choices([NEW, ...STAGES]))
    .addOption(new Option('--problem <code>', 'only those with this problem').choices(PROBLEM_CODES))
    .addOption(new Option('--older-than <duration>', 'only those that began longer ago: 90m, 2d').argParser(parseAge))
    .addOption(new Option('--limit <n>', 'at most so many, the newest').argParser(parseLimit).default(limit));
}

/** The same for closed ones, too. */
export function withFilters(command: Command, limit: number): Command {
  return withRunningFilters(command, limit)
    .addOption(new Option('--outcome <outcome>', 'only those closed with this outcome').choices(ENDINGS))
    .option('--open', 'running ones alone')
    .addOption(new Option('--all', 'closed ones, too').conflicts('open'));
}

export const isFiltered = ({ stage, problem, olderThan }: RunningFilters): boolean =>
  stage !== undefined || problem !== undefined || olderThan !== undefined;

/** Those that fit. Throws `RefusedError` when the server does not know the search attributes. */
export async function find({ temporal }: KycClient, filters: Filters): Promise<Found> {
  const { limit } = filters;
  const executions: WorkflowExecutionInfo[] = [];
  try {
    const pageSize = Math.min(limit + 1, MOST);
    for await (const execution of temporal.workflow.list({ query: queryOf(filters), pageSize })) {
      if (executions.length === limit) return { executions, more: true };
      executions.push(execution);
    }
    return { executions, more: false };
  } catch (error) {
    if (grpcCode(error) !== GRPC.invalidArgument) throw error;
    throw new RefusedError(`The server does not know the search attributes: register them with ${SETUP}.`);
  }
}

function queryOf({ stage, outcome, problem, olderThan, open, all }: Filters): string {
  // Some problems only outcomes have, so one that is named alone is looked for everywhere.
  const byProblem = problem !== undefined && stage === undefined;
  const includesClosed = !open && (all || byProblem || stage === 'closed' || outcome !== undefined);
  return [
    `WorkflowType = '${WORKFLOW_TYPE}'`,
    ...(includesClosed ? [] : [`ExecutionStatus = 'Running'`]),
    ...(stage ? [inStage(stage)] : []),
    ...(outcome ? [`KycOutcome = '${outcome}'`] : []),
    ...(problem ? [`KycProblem = '${problem}'`] : []),
    ...(olderThan === undefined ? [] : [`StartTime < '${new Date(Date.now() - olderThan).toISOString()}'`]),
  ].join(' AND ');
}

function parseAge(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== null) return milliseconds;
  throw new InvalidArgumentError('It must be a whole number and s, m, h or d, such as 90m or 2d.');
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST}.`);
}
