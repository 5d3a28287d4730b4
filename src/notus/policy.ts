import { z } from 'zod';
import { parseJson } from './answers';

/** What a form allows when its policy does not say: 25 MiB (Notus docs). */
const DEFAULT_MAX_BYTES = 26_214_400;

/** How long a form lives when its policy does not say: 10 minutes after `X-Amz-Date` (Notus's live policies). */
const DEFAULT_LIFE_MS = 10 * 60 * 1000;

const policySchema = z.object({
  expiration: z.unknown().optional(),
  conditions: z.array(z.unknown()).catch([]),
});

/** The limits S3 holds a presigned form to. `expiresAt` is in ms, by the clock of the server that signed it. */
export interface FormLimits {
  expiresAt: number;
  maxBytes: number;
}

/** Reads the limits out of a form's fields. Never throws: Notus's own docs show a policy with a malformed date. */
export function formLimits(fields: Record<string, string>, serverNow: number): FormLimits {
  const policy = policySchema.safeParse(
    parseJson(Buffer.from(field(fields, 'policy'), 'base64').toString('utf8')),
  ).data;
  const signedAt = amzDate(field(fields, 'x-amz-date'));
  return {
    expiresAt: isoDate(policy?.expiration) ?? (signedAt ?? serverNow) + DEFAULT_LIFE_MS,
    maxBytes: maxBytes(policy?.conditions ?? []),
  };
}

function field(fields: Record<string, string>, name: string): string {
  return Object.entries(fields).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

function isoDate(value: unknown): number | null {
  const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
  return typeof value === 'string' && iso.test(value) ? validTime(value) : null;
}

function amzDate(value: string): number | null {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(value);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  return validTime(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function validTime(iso: string): number | null {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? null : time;
}

function maxBytes(conditions: unknown[]): number {
  const ranges = conditions.filter((condition) => Array.isArray(condition) && condition[0] === 'content-length-range');
  const most = ranges
    .map((range) => (range as unknown[])[2])
    .filter((max) => Number.isSafeInteger(max) && Number(max) > 0);
  return most.length === 0 ? DEFAULT_MAX_BYTES : Math.min(...most.map(Number));
}
