import { DOCUMENT_CATEGORIES } from '../contract';
import { isObject } from './shape';
import { suggest } from './suggest';
import { KNOWN_COUNTRIES, NATIONALITIES } from './vocabulary';

const TEXT_FIELDS = ['firstName', 'lastName'] as const;
const OPTIONAL_TEXT_FIELDS = ['email', 'address', 'city', 'state', 'postalCode'] as const;

/** One line for each field of the request that Notus would refuse; never with the person's own data in it. */
export function requestProblems(request: unknown): string[] {
  if (!isObject(request)) return ["request: must be an object with the fields of Notus's create call"];
  return [
    ...TEXT_FIELDS.flatMap((field) => textProblem(field, request[field], true)),
    ...birthDateProblem(request.birthDate),
    ...categoryProblem(request.documentCategory),
    ...countryProblem(request.documentCountry),
    ...documentIdProblem(request.documentId),
    ...livenessProblem(request.livenessRequired),
    ...nationalityProblem(request.nationality),
    ...OPTIONAL_TEXT_FIELDS.flatMap((field) => textProblem(field, request[field], false)),
  ];
}

function textProblem(field: string, value: unknown, required: boolean): string[] {
  if (value === undefined && !required) return [];
  return typeof value === 'string' && value.trim() !== '' ? [] : [`request.${field}: must be a non-empty string`];
}

function birthDateProblem(value: unknown): string[] {
  return isCalendarDay(value) ? [] : ['request.birthDate: must be a real day, as DD/MM/YYYY or YYYY-MM-DD'];
}

function isCalendarDay(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const dayFirst = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(value);
  const yearFirst = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  const [year, month, day] = dayFirst
    ? [Number(dayFirst[3]), Number(dayFirst[2]), Number(dayFirst[1])]
    : yearFirst
      ? [Number(yearFirst[1]), Number(yearFirst[2]), Number(yearFirst[3])]
      : [0, 0, 0];
  if (year < 1) return false;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function categoryProblem(value: unknown): string[] {
  if ((DOCUMENT_CATEGORIES as readonly unknown[]).includes(value)) return [];
  const line = `request.documentCategory: must be one of ${DOCUMENT_CATEGORIES.join(', ')}`;
  return [line + didYouMean(value, DOCUMENT_CATEGORIES)];
}

function countryProblem(value: unknown): string[] {
  if (typeof value === 'string' && /^[A-Z]+(_[A-Z]+)*$/.test(value) && value.replaceAll('_', '').length >= 4) return [];
  const line = 'request.documentCountry: must be BRAZIL or another country in upper snake case, such as COSTA_RICA';
  return [line + didYouMean(value, KNOWN_COUNTRIES)];
}

function documentIdProblem(value: unknown): string[] {
  if (typeof value === 'string' && /^\d+$/.test(value)) return [];
  return ['request.documentId: must be digits alone, without dots, dashes or letters (for a Brazilian the CPF)'];
}

function livenessProblem(value: unknown): string[] {
  return typeof value === 'boolean' ? [] : ['request.livenessRequired: must be true or false'];
}

function nationalityProblem(value: unknown): string[] {
  if (value === undefined || (typeof value === 'string' && NATIONALITIES.includes(value))) return [];
  const line = `request.nationality: must be one of Notus's ${NATIONALITIES.length} values, such as BRAZILIAN, or left out`;
  return [line + didYouMean(value, NATIONALITIES)];
}

function didYouMean(value: unknown, words: readonly string[]): string {
  const meant = suggest(value, words);
  return meant === null ? '' : `; did you mean ${meant}?`;
}
