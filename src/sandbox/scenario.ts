/** What one call to the stand-in can be; `other` is every path that Notus does not have. */
export type Operation = 'create' | 'upload' | 'process' | 'get' | 'documentUrls' | 'admin' | 'other';

/** The side of the document that an upload form is for. */
export type Side = 'front' | 'back';

/** The operations that a scenario can disturb. */
export const DISTURBED_OPERATIONS = ['create', 'upload', 'process', 'get', 'documentUrls'] as const;

/** An operation that a scenario can disturb. */
export type DisturbedOperation = (typeof DISTURBED_OPERATIONS)[number];

/** One value a time, in order, and nothing after the last; or the same value for ever. */
export type Sequence<T> = readonly T[] | { readonly always: T };

/** What goes wrong with one call. Only `delay`, `lostReply` and `malformed` let the call do its work. */
export type Fault =
  | { kind: 'ok' }
  | { kind: 'delay' }
  | { kind: 'error'; status: number; retryAfter?: boolean }
  | { kind: 's3Error'; code: 'InternalError' | 'SlowDown' | 'EntityTooLarge' | 'AccessDenied' }
  | { kind: 'redirect'; status: 302 | 307 }
  | { kind: 'reset' }
  | { kind: 'lostReply' }
  | { kind: 'hang' }
  | { kind: 'forgotten' }
  | { kind: 'malformed'; shape: 'html' | 'emptyObject' | 'truncated' | 'noForms' | 'huge' };

/**
 * How a session goes on once `process` was accepted: `during` is spread evenly over the looks (or seconds) that are
 * not final, then `final` is read; with `final: null` the last status of `during` stays for ever.
 */
export interface Course {
  during: readonly string[];
  final: string | null;
  /** Looks that are not final; default: one for each status of `during`. */
  looks?: number;
  /** Seconds of the sandbox's clock since `process`, instead of looks. */
  seconds?: number;
}

/** What the stand-in does to the sessions of one document id, or to the calls that a rule matches. */
export interface Scenario {
  name: string;
  create?: Sequence<Fault>;
  /** Strikes uploads of the front alone, so that parallel uploads stay deterministic. */
  upload?: Sequence<Fault>;
  process?: Sequence<Fault>;
  get?: Sequence<Fault>;
  documentUrls?: Sequence<Fault>;
  /** One for each session of the document id, in order; the last one repeats. */
  courses?: readonly Course[];
  /** What is wrong with the forms, for each session of the document id in order. */
  forms?: Sequence<'expired' | 'elsewhere'>;
  /** What stands in the place of `individualId`, for each look that reads COMPLETED. */
  individualId?: Sequence<'absent' | 'empty' | 'null'>;
  /** What `process` does while a needed upload is missing; default `refused`. */
  withoutUploads?: 'refused' | 'failed';
  /** Replaces the looks of each course. */
  looks?: number;
  /** Replaces the looks of each course by seconds of the sandbox's clock. */
  seconds?: number;
  /** Length of a `delay`, in real milliseconds; default 3000. */
  delayMs?: number;
  /** Seconds that `Retry-After` names; default 2. */
  retryAfterSeconds?: number;
  /** Origin that redirects and `elsewhere` forms point to. */
  elsewhere?: string;
}

const DEFAULT_COURSE: Course = { during: ['PROCESSING', 'VERIFYING'], final: 'COMPLETED' };

/** The n-th value (from 0) of a sequence, or undefined once it is used up. */
export function nth<T>(sequence: Sequence<T> | undefined, n: number): T | undefined {
  if (sequence === undefined) return undefined;
  return 'always' in sequence ? sequence.always : sequence[n];
}

/** The course of the n-th session (from 0) of a document id, the scenario's own parameters put in. */
export function courseOf(scenario: Scenario, n: number): Course {
  const courses = scenario.courses ?? [DEFAULT_COURSE];
  const course = courses[Math.min(n, courses.length - 1)] ?? DEFAULT_COURSE;
  return {
    ...course,
    ...(scenario.looks === undefined ? {} : { looks: scenario.looks }),
    ...(scenario.seconds === undefined ? {} : { seconds: scenario.seconds }),
  };
}

/** The status that a course gives after so many earlier looks and so many milliseconds since `process`. */
export function statusInCourse(course: Course, looksBefore: number, elapsedMs: number): string {
  const { during, final } = course;
  const last = during.at(-1) ?? 'PENDING';
  if (final === null) return during[Math.min(looksBefore, during.length - 1)] ?? last;
  const length = course.seconds ?? course.looks ?? during.length;
  const done = course.seconds === undefined ? looksBefore : elapsedMs / 1000;
  if (done >= length) return final;
  return during[Math.floor((done / length) * during.length)] ?? last;
}
