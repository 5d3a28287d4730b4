import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The bucket, key pair and region that the stand-in signs with; made up, and the same at each start. */
export const S3 = {
  accessKeyId: 'AKIASANDBOXEXAMPLE00',
  secretAccessKey: 'sandboxSecretKeyForTestsOnly000000000000',
  region: 'us-east-1',
  bucket: 'notus-api-kyc-0000000',
} as const;

const MAX_FILE_BYTES = 26_214_400;

/** A presigned POST form. */
export interface UploadForm {
  url: string;
  fields: Record<string, string>;
}

/** A refusal of S3: status, code, message, and the elements that come between message and request id. */
export interface S3Refusal {
  status: number;
  code: string;
  message: string;
  extras?: Record<string, string>;
}

/** A checked form: where the file belongs and how large it may be. */
export interface AcceptedForm {
  key: string;
  minBytes: number;
  maxBytes: number;
}

interface Policy {
  expiration: string;
  conditions: unknown[];
}

/** A form for `key` that is valid for `lifetimeMs` from `nowMs` on, its seven fields in the order of the captures. */
export function presign(key: string, url: string, nowMs: number, lifetimeMs: number): UploadForm {
  const date = compactTime(nowMs);
  const signed = {
    bucket: S3.bucket,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${S3.accessKeyId}/${date.slice(0, 8)}/${S3.region}/s3/aws4_request`,
    'X-Amz-Date': date,
    key,
  };
  const policy: Policy = {
    expiration: new Date(nowMs + lifetimeMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    conditions: [
      ['content-length-range', 0, MAX_FILE_BYTES],
      ['starts-with', '$key', key],
      ...Object.entries(signed).map(([name, value]) => ({ [name]: value })),
    ],
  };
  const encoded = Buffer.from(JSON.stringify(policy)).toString('base64');
  return { url, fields: { ...signed, Policy: encoded, 'X-Amz-Signature': sign(encoded, date.slice(0, 8)) } };
}

/** A UUID v7 of the given time. */
export function uuidV7(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Checks the fields that came before the file, names in lower case, against their own signature and policy. */
export function checkForm(fields: ReadonlyMap<string, string>, nowMs: number): AcceptedForm | S3Refusal {
  const missing = ['key', 'policy', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature'].find(
    (name) => !fields.has(name),
  );
  if (missing !== undefined) {
    return { status: 400, code: 'InvalidArgument', message: `Bucket POST must contain a field named '${missing}'.` };
  }
  const field = (name: string): string => fields.get(name) ?? '';
  const [keyId, day, ...scope] = field('x-amz-credential').split('/');
  if (keyId !== S3.accessKeyId) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.';
    return { status: 403, code: 'InvalidAccessKeyId', message };
  }
  const scopeHolds = scope.join('/') === `${S3.region}/s3/aws4_request` && day === field('x-amz-date').slice(0, 8);
  if (!scopeHolds || !sameText(sign(field('policy'), day ?? ''), field('x-amz-signature'))) {
    const message =
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
    return { status: 403, code: 'SignatureDoesNotMatch', message };
  }
  const policy = JSON.parse(Buffer.from(field('policy'), 'base64').toString()) as Policy;
  if (Date.parse(policy.expiration) <= nowMs) return denied('Policy expired.');
  return checkConditions(policy.conditions, fields);
}

/** The refusal of a file that is larger or smaller than the policy allows, or null. */
export function checkSize(bytes: number, form: AcceptedForm): S3Refusal | null {
  if (bytes > form.maxBytes) {
    const message = 'Your proposed upload exceeds the maximum allowed size';
    const extras = { ProposedSize: String(bytes), MaxSizeAllowed: String(form.maxBytes) };
    return { status: 400, code: 'EntityTooLarge', message, extras };
  }
  if (bytes < form.minBytes) {
    const message = 'Your proposed upload is smaller than the minimum allowed size';
    return { status: 400, code: 'EntityTooSmall', message };
  }
  return null;
}

function checkConditions(
  conditions: readonly unknown[],
  fields: ReadonlyMap<string, string>,
): AcceptedForm | S3Refusal {
  const covered = new Set(['policy', 'x-amz-signature', 'file']);
  const form: AcceptedForm = { key: fields.get('key') ?? '', minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER };
  for (const [operator, name, value] of conditions.map(asTriple)) {
    if (operator === 'content-length-range') {
      form.minBytes = Number(name);
      form.maxBytes = Number(value);
      continue;
    }
    const field = name.slice(1).toLowerCase();
    covered.add(field);
    const actual = fields.get(field) ?? '';
    if (operator === 'eq' ? actual !== value : !actual.startsWith(value)) {
      return denied(`Policy Condition failed: ["${operator}", "$${field}", "${value}"]`);
    }
  }
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !name.startsWith('x-ignore-'));
  return extra.length > 0 ? denied(`Extra input fields: ${extra.join(', ')}`) : form;
}

function asTriple(condition: unknown): [operator: string, name: string, value: string] {
  if (Array.isArray(condition)) return [String(condition[0]), String(condition[1]), String(condition[2])];
  const [name, value] = Object.entries(condition as Record<string, string>)[0] ?? ['', ''];
  return ['eq', `$${name}`, value];
}

function denied(reason: string): S3Refusal {
  return { status: 403, code: 'AccessDenied', message: `Invalid according to Policy: ${reason}` };
}

function sign(policy: string, day: string): string {
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const key = [day, S3.region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${S3.secretAccessKey}`);
  return hmac(key, policy).toString('hex');
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function compactTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
