import { DOCUMENT_CATEGORIES, KNOWN_LIVE_COUNTRIES, NATIONALITIES, SEED_COUNTRIES } from './enumerations';

/** Which Notus is played: that of the reference page, or the live one as captured in October 2025. */
export type Profile = 'seed' | 'live-2025-10';

/** The fields of a valid create that the session remembers. */
export interface CreateRequest {
  firstName: string;
  lastName: string;
  birthDate: string;
  documentCategory: string;
  documentId: string;
  livenessRequired: boolean;
}

type Check = (value: unknown, path: readonly (string | number)[]) => object | null;

interface Field {
  name: string;
  check: Check;
  optional?: true;
}

/** Fields that the live API has come to require; the reference page lacks them. */
const LIVE_FIELDS: readonly Field[] = ['email', 'address', 'city', 'state', 'postalCode'].map((name) => ({
  name,
  check: text,
}));

const SCHEMAS: Record<Profile, readonly Field[]> = {
  seed: schema(oneOf(SEED_COUNTRIES)),
  'live-2025-10': [...schema(liveCountry), ...LIVE_FIELDS],
};

/**
 * What is wrong with the body of a create, as the issues zod v3 gives, in schema order and with its key order; empty
 * when nothing is. Unknown keys are ignored.
 */
export function createIssues(body: unknown, profile: Profile): object[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return [wrongType('object', body, [])];
  const values = body as Record<string, unknown>;
  return SCHEMAS[profile].flatMap(({ name, check, optional }) => {
    if (optional && values[name] === undefined) return [];
    return check(values[name], [name]) ?? [];
  });
}

/** What is wrong with the session id of a path (inferred: zod's own words for a UUID). */
export function sessionIdIssues(id: string): object[] {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return [];
  return [{ validation: 'uuid', code: 'invalid_string', message: 'Invalid uuid', path: ['sessionId'] }];
}

/** What is wrong with the body of a document-urls call. */
export function documentUrlsIssues(body: unknown): object[] {
  const values = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const lifetime = values.expiresInSeconds;
  return [
    text(values.sessionId, ['sessionId']),
    oneOf(['STANDARD_INDIVIDUAL', 'ENHANCED_INDIVIDUAL'])(values.sessionType, ['sessionType']),
    lifetime === undefined || typeof lifetime === 'number' ? null : wrongType('number', lifetime, ['expiresInSeconds']),
  ].filter((issue) => issue !== null);
}

function schema(country: Check): Field[] {
  return [
    { name: 'firstName', check: text },
    { name: 'lastName', check: text },
    { name: 'birthDate', check: text },
    { name: 'documentCategory', check: oneOf(DOCUMENT_CATEGORIES) },
    { name: 'documentCountry', check: country },
    { name: 'documentId', check: digits },
    { name: 'nationality', check: oneOf(NATIONALITIES), optional: true },
    { name: 'livenessRequired', check: flag },
  ];
}

function text(value: unknown, path: readonly (string | number)[]): object | null {
  return typeof value === 'string' ? null : wrongType('string', value, path);
}

function flag(value: unknown, path: readonly (string | number)[]): object | null {
  return typeof value === 'boolean' ? null : wrongType('boolean', value, path);
}

function digits(value: unknown, path: readonly (string | number)[]): object | null {
  if (typeof value !== 'string') return wrongType('string', value, path);
  return /^\d+$/.test(value) ? null : { validation: 'regex', code: 'invalid_string', message: 'Invalid', path };
}

function oneOf(options: readonly string[]): Check {
  const expected = options.map((option) => `'${option}'`).join(' | ');
  return (value, path) => {
    if (typeof value !== 'string') {
      // zod v3 writes the keys of this issue in another order than those of a plain string.
      const received = typeName(value);
      return { expected, received, code: 'invalid_type', path, message: typeMessage(expected, received) };
    }
    if (options.includes(value)) return null;
    const message = `Invalid enum value. Expected ${expected}, received '${value}'`;
    return { received: value, code: 'invalid_enum_value', options, path, message };
  };
}

function liveCountry(value: unknown, path: readonly (string | number)[]): object | null {
  // The end of the live list is unknown, so any name of its form passes and short codes such as BR do not.
  if (typeof value === 'string' && /^[A-Z]{4}[A-Z]*(_[A-Z]+)*$/.test(value)) return null;
  return oneOf(KNOWN_LIVE_COUNTRIES)(value, path);
}

function wrongType(expected: string, value: unknown, path: readonly (string | number)[]): object {
  const received = typeName(value);
  return { code: 'invalid_type', expected, received, path, message: typeMessage(expected, received) };
}

function typeMessage(expected: string, received: string): string {
  return received === 'undefined' ? 'Required' : `Expected ${expected}, received ${received}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
