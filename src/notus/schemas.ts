import { z } from 'zod';
import type { Issue } from './errors';

/**
 * What Notus answers, read loosely: unknown keys are left out, and a status may be one that is not documented.
 * Both published shapes are read: the reference says `frontDocument`, the live API says `frontDocumentUpload`.
 */

/** Longer than any id or status, and short enough for history and logs. */
const LONGEST_WORD = 200;
const word = z.string().max(LONGEST_WORD);

const formSchema = z.object({
  url: z.string().refine((url) => URL.canParse(url), 'is no URL'),
  fields: z.record(z.string(), z.string()),
});

const sessionIdSchema = word.refine(isSessionId, 'cannot be part of a path');

/** A created session; `front` must be there, `back` need not (Notus gives none for a passport). */
export const createdSchema = z
  .object({
    session: z.object({ id: sessionIdSchema, status: word.min(1) }),
    frontDocument: formSchema.nullish(),
    frontDocumentUpload: formSchema.nullish(),
    backDocument: formSchema.nullish(),
    backDocumentUpload: formSchema.nullish(),
  })
  .transform((answer, context) => {
    const front = answer.frontDocument ?? answer.frontDocumentUpload;
    if (!front) {
      context.addIssue({ code: 'custom', message: 'there is neither frontDocument nor frontDocumentUpload' });
      return z.NEVER;
    }
    return { ...answer.session, front, back: answer.backDocument ?? answer.backDocumentUpload ?? null };
  });

/** A session as a look gives it; `individualId` is absent in the older answer, null until it is approved. */
export const sessionSchema = z
  .object({ session: z.object({ status: word.min(1), individualId: word.nullish() }) })
  .transform(({ session }) => ({ status: session.status, individualId: session.individualId }));

/** The body of an error. Two forms are published, with and without `statusCode`; the HTTP status is what counts. */
export const errorSchema = z.object({
  id: z
    .string()
    .regex(/^\w{1,100}$/)
    .nullable()
    .catch(null),
  traceId: z.unknown().optional(),
  errors: z.array(z.unknown()).catch([]),
});

const issueSchema = z.object({
  path: z.array(z.union([z.string(), z.number()])).catch([]),
  message: z.string().catch('refused'),
});

/** Whether a session id can be put into a path without changing where the path leads. */
export function isSessionId(id: string): boolean {
  return id.length <= LONGEST_WORD && /^[^/\\\s\p{C}]+$/u.test(id) && !/^\.+$/.test(id);
}

/** The fields a 400 names, without the values of the request: some messages repeat them, and they are personal data. */
export function readIssues(errors: unknown[], request: unknown): Issue[] {
  // Longest first, so that no value hides only a part of another.
  const secrets = valuesIn(request)
    .sort((one, other) => other.length - one.length)
    .map(anywhere);
  return errors.slice(0, 50).map((error) => {
    const issue = issueSchema.safeParse(error).data ?? { path: [], message: 'refused' };
    const message = secrets.reduce(
      (text, secret) => text.replace(secret, '…'),
      issue.message.replace(/,? received (['"]).*\1/s, ''),
    );
    return { path: issue.path.join('.').slice(0, 100), message: message.slice(0, 300) };
  });
}

/** Which field of an answer is wrong and how, in one line without its value. */
export function whatIsWrong(error: z.ZodError): string {
  const [first] = error.issues;
  const path = first?.path.join('.').slice(0, 100);
  return `${path ? `${path}: ` : ''}${first?.message ?? 'unreadable'}`;
}

function valuesIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(valuesIn);
  return (typeof value === 'string' || typeof value === 'number') && value !== '' ? [String(value)] : [];
}

/** A value shorter than this hides only as a word of its own, so that a state named `SP` does not spoil every `Expected`. */
const SHORTEST_ANYWHERE = 5;

function anywhere(value: string): RegExp {
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = value.length < SHORTEST_ANYWHERE ? `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])` : literal;
  return new RegExp(pattern, 'giu');
}
