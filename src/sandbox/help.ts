import type { ListedScenario } from './scenarios';
import { SCENARIOS } from './scenarios';

/** One admin call: method, path, what it takes and does. */
export interface AdminCall {
  method: string;
  path: string;
  description: string;
}

/** Every admin call, for the help and the documentation. */
export const ADMIN_CALLS: readonly AdminCall[] = [
  { method: 'GET', path: '/sandbox', description: 'this help; as JSON with `accept: application/json`' },
  {
    method: 'GET',
    path: '/sandbox/calls',
    description: 'the call log; filter by any field of a call, for example ?operation=create&documentId=…',
  },
  { method: 'GET', path: '/sandbox/sessions', description: 'all sessions, or those of ?documentId=…' },
  {
    method: 'POST',
    path: '/sandbox/scenarios',
    description: '{"scenario": NAME or {"name": …, …}, "documentId"?, "operation"?, "times"?}: queues a scenario',
  },
  { method: 'POST', path: '/sandbox/clock', description: '{"advanceMs": 60000}: moves the clock of the sandbox' },
  {
    method: 'POST',
    path: '/sandbox/sessions/SESSION_ID',
    description: '{"status": "COMPLETED"}: decides a session by hand',
  },
  { method: 'PUT', path: '/sandbox/api-key', description: '{"apiKey": "…"}: replaces the key that callers must send' },
  { method: 'DELETE', path: '/sandbox', description: 'forgets sessions, calls, queued scenarios and the moved clock' },
];

/** The help as data. */
export function helpAsJson(apiUrl: string): object {
  const scenarios = SCENARIOS.map(({ suffix, name, description }: ListedScenario) => ({ suffix, name, description }));
  return { apiUrl, adminCalls: ADMIN_CALLS, scenarios };
}

/** The help for a person. */
export function helpAsText(apiUrl: string): string {
  return [
    `A stand-in for the Notus identity API and its S3, at ${apiUrl}`,
    '',
    'The last four digits of documentId choose what happens:',
    '',
    ...table(SCENARIOS.map(({ suffix, name, description }) => [`…${suffix}`, name, description])),
    '',
    'Calls that only the sandbox has:',
    '',
    ...table(ADMIN_CALLS.map(({ method, path, description }) => [method, path, description])),
    '',
  ].join('\n');
}

function table(rows: readonly (readonly [string, string, string])[]): string[] {
  const width = Math.max(...rows.map(([, second]) => second.length));
  return rows.map(([first, second, third]) => `  ${first.padEnd(6)}  ${second.padEnd(width)}  ${third}`);
}
