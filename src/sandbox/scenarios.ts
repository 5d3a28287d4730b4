import type { Fault, Scenario, Sequence } from './scenario';

/** A scenario that a document id picks by its last four digits. */
export interface ListedScenario extends Scenario {
  suffix: string;
  description: string;
}

const always = <T>(value: T): Sequence<T> => ({ always: value });
const once = <T>(value: T): Sequence<T> => [value];
const twice = <T>(value: T): Sequence<T> => [value, value];

const error = (status: number): Fault => ({ kind: 'error', status });
const errorWithRetryAfter = (status: number): Fault => ({ kind: 'error', status, retryAfter: true });
const malformed = (shape: Extract<Fault, { kind: 'malformed' }>['shape']): Fault => ({ kind: 'malformed', shape });
const s3Error = (code: Extract<Fault, { kind: 's3Error' }>['code']): Fault => ({ kind: 's3Error', code });
const delay: Fault = { kind: 'delay' };
const lostReply: Fault = { kind: 'lostReply' };
const reset: Fault = { kind: 'reset' };
const hang: Fault = { kind: 'hang' };
const forgotten: Fault = { kind: 'forgotten' };
const found: Fault = { kind: 'redirect', status: 302 };
const temporaryRedirect: Fault = { kind: 'redirect', status: 307 };

const APPROVED = { during: ['PROCESSING', 'VERIFYING'], final: 'COMPLETED' };
const REJECTED = { during: ['PROCESSING', 'VERIFYING'], final: 'FAILED' };
const EXPIRED = { during: ['VERIFYING', 'VERIFYING'], final: 'EXPIRED' };

const listed = (
  suffix: string,
  name: string,
  description: string,
  behaviour: Omit<Scenario, 'name'> = {},
): ListedScenario => ({ name, suffix, description, ...behaviour });

/** The scenario of every document id whose ending is not listed. */
export const DEFAULT_SCENARIO = listed(
  '0000',
  'approved',
  'PROCESSING, VERIFYING, COMPLETED: one look each; also every ending that is not listed',
);

/** Every scenario: the behaviour, the help and the table of the documentation come from here. */
export const SCENARIOS: readonly ListedScenario[] = [
  DEFAULT_SCENARIO,
  listed('1001', 'approved-at-once', 'COMPLETED at the first look', {
    courses: [{ during: [], final: 'COMPLETED' }],
  }),
  listed('1002', 'approved-long-way', 'PENDING, PROCESSING, VERIFYING, COMPLETED: one look each', {
    courses: [{ during: ['PENDING', 'PROCESSING', 'VERIFYING'], final: 'COMPLETED' }],
  }),
  listed('1003', 'slow', 'every answer takes delayMs (3000), then approved', {
    create: always(delay),
    upload: always(delay),
    process: always(delay),
    get: always(delay),
  }),
  listed('1004', 'looks', 'approved after as many looks as `looks` says (20)', { looks: 20 }),
  listed('1005', 'eight-looks', 'approved after eight looks', { looks: 8 }),
  listed('1006', 'seconds', "approved when `seconds` (30) of the sandbox's clock have passed since process", {
    seconds: 30,
  }),
  listed('1007', 'status-lag', 'process is accepted but three looks (`looks`) still read PENDING, then approved', {
    courses: [{ during: ['PENDING'], final: 'COMPLETED', looks: 3 }],
  }),
  listed('1008', 'unknown-status', 'two looks read MANUAL_REVIEW, a status that no page names, then approved', {
    courses: [{ during: ['MANUAL_REVIEW', 'MANUAL_REVIEW'], final: 'COMPLETED' }],
  }),

  listed('2001', 'rejected', 'PROCESSING, VERIFYING, FAILED', { courses: [REJECTED] }),
  listed('2002', 'rejected-at-once', 'FAILED at the first look after process, with nothing in between', {
    courses: [{ during: [], final: 'FAILED' }],
  }),
  listed('2003', 'rejected-once', 'the first session of the document id FAILED, the next one approved', {
    courses: [REJECTED, APPROVED],
  }),
  listed('2101', 'never-final', 'VERIFYING for ever', { courses: [{ during: ['VERIFYING'], final: null }] }),
  listed('2102', 'unknown-status-forever', 'MANUAL_REVIEW for ever', {
    courses: [{ during: ['MANUAL_REVIEW'], final: null }],
  }),
  listed('2103', 'expired', 'VERIFYING, VERIFYING, EXPIRED although it was processed', { courses: [EXPIRED] }),
  listed('2104', 'expired-once', 'the first session of the document id EXPIRED, the next one approved', {
    courses: [EXPIRED, APPROVED],
  }),
  listed('2105', 'liveness-not-done', 'VERIFYING, and EXPIRED 15 minutes (`seconds`: 900) after process', {
    courses: [{ during: ['VERIFYING'], final: 'EXPIRED', seconds: 900 }],
  }),

  listed('3001', 'create-500-twice', 'create answers 500 twice, nothing is opened; then approved', {
    create: twice(error(500)),
  }),
  listed('3002', 'create-503-retry-after', 'create answers 503 with Retry-After once', {
    create: once(errorWithRetryAfter(503)),
  }),
  listed('3003', 'create-429-retry-after', 'create answers 429 with Retry-After once', {
    create: once(errorWithRetryAfter(429)),
  }),
  listed('3004', 'create-lost-reply', 'the first create opens a session, then the connection is reset', {
    create: once(lostReply),
  }),
  listed('3005', 'create-lost-reply-always', 'every create opens a session, then the connection is reset', {
    create: always(lostReply),
  }),
  listed('3006', 'create-hangs', 'the first create is never answered and opens nothing', { create: once(hang) }),
  listed('3007', 'create-reset', 'the first create is reset before anything is done', { create: once(reset) }),
  listed('3008', 'create-html', 'the first create opens a session but answers 200 with HTML', {
    create: once(malformed('html')),
  }),
  listed('3009', 'create-html-always', 'every create opens a session but answers 200 with HTML', {
    create: always(malformed('html')),
  }),
  listed('3010', 'create-empty-object', 'the first create opens a session but answers 200 with {}', {
    create: once(malformed('emptyObject')),
  }),
  listed('3011', 'create-truncated', 'the first create opens a session but half of the JSON is missing', {
    create: once(malformed('truncated')),
  }),
  listed('3012', 'create-no-forms', 'the first create answers the session without its upload blocks', {
    create: once(malformed('noForms')),
  }),
  listed('3013', 'create-no-forms-always', 'every create answers the session without its upload blocks', {
    create: always(malformed('noForms')),
  }),
  listed('3014', 'create-huge', 'the first create answers more than 5 MB', { create: once(malformed('huge')) }),
  listed('3015', 'create-redirect-302', 'every create answers 302 to another origin', { create: always(found) }),
  listed('3016', 'create-redirect-307', 'every create answers 307 to another origin', {
    create: always(temporaryRedirect),
  }),
  listed('3017', 'create-400', 'every create answers 400: a field that Notus has come to require is missing', {
    create: always(error(400)),
  }),
  listed('3018', 'create-401', 'every create answers 401', { create: always(error(401)) }),
  listed('3019', 'create-403', 'every create answers 403: the feature is not enabled for the project', {
    create: always(error(403)),
  }),
  listed('3020', 'create-502-html', 'the first create answers 502 with the HTML page of a proxy', {
    create: once(error(502)),
  }),
  listed('3021', 'create-500-always', 'every create answers 500', { create: always(error(500)) }),

  listed('4001', 'get-500-twice', 'the first two looks answer 500, then approved', { get: twice(error(500)) }),
  listed('4002', 'get-429-retry-after', 'the first look answers 429 with Retry-After', {
    get: once(errorWithRetryAfter(429)),
  }),
  listed('4003', 'get-404', 'every look answers 404 STANDARD_SESSION_NOT_FOUND although the session is there', {
    get: always(error(404)),
  }),
  listed('4004', 'get-html', 'the first look answers 200 with HTML', { get: once(malformed('html')) }),
  listed('4005', 'get-empty-object', 'the first look answers 200 with {}', { get: once(malformed('emptyObject')) }),
  listed('4006', 'get-truncated', 'the first look lacks half of its JSON', { get: once(malformed('truncated')) }),
  listed('4007', 'get-huge', 'the first look answers more than 5 MB', { get: once(malformed('huge')) }),
  listed('4008', 'get-redirect-302', 'every look answers 302 to another origin', { get: always(found) }),
  listed('4009', 'get-redirect-307', 'every look answers 307 to another origin', { get: always(temporaryRedirect) }),
  listed('4010', 'get-403', 'every look answers 403: the feature is not enabled for the project', {
    get: always(error(403)),
  }),
  listed('4011', 'get-reset', 'the first look is reset', { get: once(reset) }),
  listed('4012', 'get-hangs', 'the first look is never answered', { get: once(hang) }),
  listed('4013', 'get-500-always', 'every look answers 500', { get: always(error(500)) }),

  listed('5001', 'process-500-twice', 'process answers 500 twice and does nothing, then approved', {
    process: twice(error(500)),
  }),
  listed('5002', 'process-429-retry-after', 'process answers 429 with Retry-After once', {
    process: once(errorWithRetryAfter(429)),
  }),
  listed('5003', 'process-lost-reply', 'the first process is accepted, then the connection is reset', {
    process: once(lostReply),
  }),
  listed('5004', 'process-400', 'process answers 400 once, the session stays PENDING', { process: once(error(400)) }),
  listed('5005', 'process-400-always', 'process always answers 400, the session stays PENDING', {
    process: always(error(400)),
  }),
  listed('5006', 'process-409', 'process answers 409 once, the session stays PENDING', { process: once(error(409)) }),
  listed('5007', 'process-409-always', 'process always answers 409, the session stays PENDING', {
    process: always(error(409)),
  }),
  listed('5008', 'process-reset', 'the first process is reset before anything is done', { process: once(reset) }),
  listed('5009', 'process-forgotten', 'the first process answers 204 but nothing happens, the second one works', {
    process: once(forgotten),
  }),
  listed('5010', 'process-hangs', 'the first process is never answered and does nothing', { process: once(hang) }),
  listed('5011', 'process-without-uploads', 'process without uploads answers 204 and the session reads FAILED', {
    withoutUploads: 'failed',
  }),

  listed('6001', 'forms-expired-once', 'the forms of the first session are expired already', {
    forms: once('expired' as const),
  }),
  listed('6002', 'forms-expired', 'the forms of every session are expired already', {
    forms: always('expired' as const),
  }),
  listed('6003', 'forms-elsewhere', 'the forms of every session point to another host', {
    forms: always('elsewhere' as const),
  }),
  listed('6004', 's3-500', 'the first upload of the front answers 500 InternalError', {
    upload: once(s3Error('InternalError')),
  }),
  listed('6005', 's3-slow-down', 'the first upload of the front answers 503 SlowDown', {
    upload: once(s3Error('SlowDown')),
  }),
  listed('6006', 's3-too-large', 'every upload of the front answers 400 EntityTooLarge', {
    upload: always(s3Error('EntityTooLarge')),
  }),
  listed('6007', 's3-too-large-once', 'the first upload of the front answers 400 EntityTooLarge', {
    upload: once(s3Error('EntityTooLarge')),
  }),
  listed('6008', 's3-403', 'every upload of the front answers 403 AccessDenied', {
    upload: always(s3Error('AccessDenied')),
  }),
  listed('6009', 's3-403-once', 'the first upload of the front answers 403 AccessDenied', {
    upload: once(s3Error('AccessDenied')),
  }),
  listed('6010', 's3-500-always', 'every upload of the front answers 500 InternalError', {
    upload: always(s3Error('InternalError')),
  }),
  listed('6011', 's3-reset', 'the first upload of the front is reset and not stored', { upload: once(reset) }),

  listed('7001', 'individual-id-absent', 'COMPLETED without the key individualId (the older answer)', {
    individualId: always('absent' as const),
  }),
  listed('7002', 'individual-id-null-once', 'the first look that reads COMPLETED has individualId null', {
    individualId: once('null' as const),
  }),
  listed('7003', 'individual-id-empty-once', 'the first look that reads COMPLETED has individualId ""', {
    individualId: once('empty' as const),
  }),
  listed('7004', 'individual-id-never', 'COMPLETED with individualId null for ever', {
    individualId: always('null' as const),
  }),

  listed('9001', 'outage', 'every call answers 500', {
    create: always(error(500)),
    upload: always(s3Error('InternalError')),
    process: always(error(500)),
    get: always(error(500)),
    documentUrls: always(error(500)),
  }),
];

const bySuffix = new Map(SCENARIOS.map((scenario) => [scenario.suffix, scenario]));
const byName = new Map(SCENARIOS.map((scenario) => [scenario.name, scenario]));

/** The scenario that a document id picks by its last four digits. */
export function scenarioOfDocument(documentId: string): Scenario {
  return bySuffix.get(documentId.slice(-4)) ?? DEFAULT_SCENARIO;
}

/** A scenario by its name, or a listed one with other parameters, or one's own; throws for a name nobody knows. */
export function resolveScenario(given: string | Scenario): Scenario {
  const own: Scenario = typeof given === 'string' ? { name: given } : given;
  const known = byName.get(own.name);
  if (known === undefined && Object.keys(own).length === 1) {
    throw new Error(`There is no scenario "${own.name}". Choose one of: ${[...byName.keys()].join(', ')}.`);
  }
  return { ...known, ...own };
}
