import { DEFAULT_POLICY, type VerificationPolicy } from '../contract';
import { parseDuration } from './durations';
import { isObject, unknownKeys } from './shape';

const COUNT_LIMIT = 20;

/** One line for each field of the policy that can't be obeyed. */
export function policyProblems(policy: unknown): string[] {
  if (policy === undefined) return [];
  if (!isObject(policy)) return ['policy: must be an object'];
  const { documentsDeadline, resultDeadline, maxAttempts, maxSessions, sessionTiming, ambiguousCreate } = policy;
  const lines = [
    ...unknownKeys(policy, 'policy', Object.keys(DEFAULT_POLICY)),
    ...durationProblem('documentsDeadline', documentsDeadline),
    ...durationProblem('resultDeadline', resultDeadline),
    ...countProblem('maxAttempts', maxAttempts),
    ...countProblem('maxSessions', maxSessions),
    ...choiceProblem('sessionTiming', sessionTiming, ['eager', 'onDocuments']),
    ...choiceProblem('ambiguousCreate', ambiguousCreate, ['recreate', 'fail']),
  ];
  if (lines.length > 0) return lines;
  const whole = withDefaults(policy);
  return whole.maxAttempts <= whole.maxSessions
    ? []
    : [`policy.maxAttempts: must not be above maxSessions (${whole.maxSessions}), since each attempt needs a session`];
}

/** The policy with each field that was left out filled in. */
export function withDefaults(policy: Partial<VerificationPolicy> | undefined): VerificationPolicy {
  const given = Object.entries(policy ?? {}).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_POLICY, ...Object.fromEntries(given) };
}

function durationProblem(field: string, value: unknown): string[] {
  if (value === undefined || parseDuration(value) !== null) return [];
  return [`policy.${field}: must be an integer and s, m, h or d, such as 90s or 24h, from 1s to 90d`];
}

function countProblem(field: string, value: unknown): string[] {
  if (value === undefined) return [];
  const fits = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= COUNT_LIMIT;
  return fits ? [] : [`policy.${field}: must be a whole number from 1 to ${COUNT_LIMIT}`];
}

function choiceProblem(field: string, value: unknown, choices: readonly string[]): string[] {
  return value === undefined || choices.includes(value as string)
    ? []
    : [`policy.${field}: must be one of ${choices.join(', ')}`];
}
