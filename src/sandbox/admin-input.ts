import type { RuleMatch } from './rules';
import type { Fault, Scenario } from './scenario';
import { DISTURBED_OPERATIONS } from './scenario';

type Values = Record<string, unknown>;

const SCENARIO_KEYS = [
  ...['name', 'suffix', 'description', ...DISTURBED_OPERATIONS, 'courses', 'forms', 'individualId'],
  ...['withoutUploads', 'looks', 'seconds', 'delayMs', 'retryAfterSeconds', 'elsewhere'],
];

const FAULT_KINDS: readonly Fault['kind'][] = [
  ...(['ok', 'delay', 'error', 's3Error', 'redirect', 'reset', 'lostReply', 'hang', 'forgotten', 'malformed'] as const),
];

/** The scenario and match that a body asks for; throws a sentence that names what is wrong. */
export function readScenarioRequest(body: Values): RuleMatch & { scenario: string | Scenario } {
  refuseUnknown(body, ['scenario', 'documentId', 'operation', 'times'], 'the body');
  const { scenario, documentId, operation, times } = body;
  return {
    scenario: typeof scenario === 'string' ? scenario : readScenario(scenario),
    ...(documentId === undefined ? {} : { documentId: readText(body, 'documentId') }),
    ...(operation === undefined ? {} : { operation: readText(body, 'operation') }),
    ...(times === undefined ? {} : { times: readNumber(body, 'times') }),
  };
}

/** Refuses a match that could never hold. */
export function checkMatch({ operation, times }: RuleMatch): void {
  if (operation !== undefined && !(DISTURBED_OPERATIONS as readonly string[]).includes(operation)) {
    throw new Error(`"operation" must be one of: ${DISTURBED_OPERATIONS.join(', ')}.`);
  }
  if (times !== undefined && !(Number.isInteger(times) && times > 0)) {
    throw new Error('"times" must be a whole number from 1 on.');
  }
}

/** A text of a body by its name. */
export function readText(values: Values, name: string): string {
  const value = values[name];
  if (typeof value !== 'string' || value === '') throw new Error(`"${name}" must be a text that is not empty.`);
  return value;
}

/** A number of a body by its name. */
export function readNumber(values: Values, name: string): number {
  const value = values[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`"${name}" must be a number.`);
  return value;
}

function readScenario(value: unknown): Scenario {
  if (typeof value !== 'object' || value === null) {
    throw new Error('"scenario" must be a name, or an object with a "name".');
  }
  const values = value as Values;
  readText(values, 'name');
  refuseUnknown(values, SCENARIO_KEYS, 'the scenario');
  for (const operation of DISTURBED_OPERATIONS) {
    if (values[operation] !== undefined) checkFaults(values[operation], operation);
  }
  return value as Scenario;
}

function checkFaults(sequence: unknown, operation: string): void {
  const faults: unknown[] = Array.isArray(sequence) ? sequence : [(sequence as { always?: unknown } | null)?.always];
  for (const fault of faults) {
    const kind = (fault as Partial<Fault> | null | undefined)?.kind;
    if (kind === undefined || !FAULT_KINDS.includes(kind)) {
      throw new Error(
        `"${operation}" must be a list of faults or {"always": fault}, each with a "kind" of: ${FAULT_KINDS.join(', ')}.`,
      );
    }
  }
}

function refuseUnknown(values: Values, known: readonly string[], where: string): void {
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not known in ${where}. Known: ${known.join(', ')}.`);
}
