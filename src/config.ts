import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { DEFAULT_TASK_QUEUE } from './contract';
import { isLoopbackHost } from './network/addresses';
import type { JwtRules } from './privacy/codec-access';
import { KeyRing } from './privacy/key-ring';

/** The environment is wrong; one line a variable, by its name and without its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface Address {
  host: string;
  port: number;
}

const text = z.string();
const list = text.transform((value) =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
);

const address = text.transform((value, context): Address => {
  const match = /^(.+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] && port <= 65_535) return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port };
  context.addIssue('must be host:port, such as 127.0.0.1:8080');
  return z.NEVER;
});

const secureUrl = text.transform((value, context): string => {
  const url = URL.canParse(value) ? new URL(value) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (url && isSafe && !url.username && !url.password && !url.search && !url.hash) return value.replace(/\/+$/, '');
  context.addIssue('must be an https URL without user, query and fragment (http only for a loopback address)');
  return z.NEVER;
});

const wholeNumber = (from: number, to: number): z.ZodType<number> =>
  text.transform((value, context) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= from && number <= to) return number;
    context.addIssue(`must be a whole number from ${from} to ${to}`);
    return z.NEVER;
  });

const positiveNumber = text.transform((value, context) => {
  const number = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && number > 0) return number;
  context.addIssue('must be a number above 0, such as 5 or 0.5');
  return z.NEVER;
});

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words): z.ZodType<Words[number]> =>
  z.enum(words, `must be one of ${words.join(', ')}`);

const keyRing = text.transform((value, context): KeyRing => {
  try {
    return KeyRing.parse(value);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : 'is wrong');
    return z.NEVER;
  }
});

const keysPart = { KYC_ENCRYPTION_KEYS: keyRing.default(KeyRing.empty) };

/** What everyone who writes payloads needs. */
const clientPart = {
  ...keysPart,
  KYC_TASK_QUEUE: text.default(DEFAULT_TASK_QUEUE),
  KYC_DOCUMENT_STORE: text.optional(),
};

const logPart = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  LOG_FORMAT: oneOf(['json', 'pretty']).optional(),
};

const notusPart = {
  NOTUS_API_URL: secureUrl.default('https://api.notus.team/api/v1'),
  NOTUS_API_KEY: text.regex(/^[\x21-\x7e]+$/, 'must be ASCII without blanks'),
  NOTUS_TIMEOUT_MS: wholeNumber(1_000, 60_000).default(30_000),
};

/** What names a worker's version; the server builds ids of both, with these characters between them. */
const versionName = text.regex(/^(?!__)[^.:\s]{1,200}$/, 'must be up to 200 characters without ".", ":" and blanks');

const origins = list.refine(
  (given) => given.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
  'must be a comma list of origins, such as https://temporal.example.com, without a path and without *',
);

const codecPart = {
  ...keysPart,
  ...logPart,
  KYC_CODEC_ADDRESS: address.default({ host: '127.0.0.1', port: 8081 }),
  KYC_CODEC_ORIGINS: origins.default([]),
  KYC_CODEC_TOKEN: text
    .regex(/^[\x21-\x7e]{32,}$/, 'must be at least 32 characters of ASCII without blanks')
    .optional(),
  KYC_CODEC_JWKS_URL: secureUrl.optional(),
  KYC_CODEC_JWT_ISSUER: text.optional(),
  KYC_CODEC_JWT_AUDIENCE: text.optional(),
  KYC_CODEC_AUTH: oneOf(['none']).optional(),
};

const workerPart = {
  ...clientPart,
  ...logPart,
  ...notusPart,
  KYC_DOCUMENT_SOURCES: list.default([]),
  KYC_UPLOAD_HOSTS: list.refine((hosts) => hosts.length > 0, 'must name at least one host').optional(),
  KYC_MAX_REQUESTS_PER_SECOND: positiveNumber.optional(),
  KYC_HEALTH_ADDRESS: address.default({ host: '127.0.0.1', port: 8080 }),
  KYC_METRICS_ADDRESS: address.default({ host: '127.0.0.1', port: 9464 }),
  KYC_DEPLOYMENT_NAME: versionName.optional(),
  KYC_BUILD_ID: text.regex(/^\S{1,200}$/, 'must be up to 200 characters without blanks').optional(),
};

export interface ClientConfig {
  taskQueue: string;
  /** Empty: payloads are plain. */
  keys: KeyRing;
  /** `file:///dir` or `s3://bucket/prefix`. */
  documentStore: string;
}

export interface NotusConfig {
  url: string;
  apiKey: string;
  timeoutMs: number;
}

export interface LogConfig {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  format: 'json' | 'pretty';
}

export interface WorkerConfig extends ClientConfig {
  notus: NotusConfig;
  log: LogConfig;
  documentSources: string[];
  /** Undefined: the hosts that go with the Notus URL. */
  uploadHosts: string[] | undefined;
  maxRequestsPerSecond: number | undefined;
  healthAddress: Address;
  metricsAddress: Address;
  /** The version that its workers are of; undefined for workers without versions. */
  deployment: DeploymentVersion | undefined;
}

/** A version of a Worker Deployment, by Temporal's own terms. */
export interface DeploymentVersion {
  deploymentName: string;
  buildId: string;
}

export interface CodecConfig {
  keys: KeyRing;
  log: LogConfig;
  address: Address;
  /** Exact origins of UIs. */
  origins: string[];
  access: CodecAccess;
}

/** Who may call the codec server: whoever shows the secret or such a JWT, or, without tokens, anybody on this machine. */
export type CodecAccess =
  { kind: 'tokens'; secret?: string | undefined; jwt?: JwtRules | undefined } | { kind: 'none' };

type Environment = Readonly<Record<string, string | undefined>>;

/** What a client and the CLI read. Throws `ConfigError`. */
export function loadClientConfig(env: Environment): ClientConfig {
  return clientConfig(env, read(clientPart, env));
}

/** What reaches Notus, for commands that ask it. Throws `ConfigError`. */
export function loadNotusConfig(env: Environment): NotusConfig {
  return notusConfig(read(notusPart, env));
}

/** What a worker reads. Throws `ConfigError`. */
export function loadWorkerConfig(env: Environment): WorkerConfig {
  const values = read(workerPart, env);
  demandDocumentStore(env);
  return {
    ...clientConfig(env, values),
    notus: notusConfig(values),
    log: logConfig(values),
    documentSources: values.KYC_DOCUMENT_SOURCES,
    uploadHosts: values.KYC_UPLOAD_HOSTS,
    maxRequestsPerSecond: values.KYC_MAX_REQUESTS_PER_SECOND,
    healthAddress: values.KYC_HEALTH_ADDRESS,
    metricsAddress: values.KYC_METRICS_ADDRESS,
    deployment: deploymentVersion(values.KYC_DEPLOYMENT_NAME, values.KYC_BUILD_ID),
  };
}

/** A folder under the working directory holds nobody's documents but this machine's. Throws `ConfigError`. */
export function demandDocumentStore(env: Environment): void {
  if (!isProduction(env) || env.KYC_DOCUMENT_STORE?.trim()) return;
  throw new ConfigError('KYC_DOCUMENT_STORE: must be set under NODE_ENV=production, to a place all workers share');
}

/** What the codec server reads. Throws `ConfigError`. */
export function loadCodecConfig(env: Environment): CodecConfig {
  const values = read(codecPart, env);
  const keys = values.KYC_ENCRYPTION_KEYS;
  if (keys.first === undefined)
    throw new ConfigError('KYC_ENCRYPTION_KEYS: must be set, or there is nothing to decode');
  const given = { keys, log: logConfig(values), address: values.KYC_CODEC_ADDRESS, origins: values.KYC_CODEC_ORIGINS };
  const access = codecAccess(values);
  if (access.kind === 'none') demandSafety(env, given);
  return { ...given, access };
}

function codecAccess(values: z.infer<z.ZodObject<typeof codecPart>>): CodecAccess {
  const { KYC_CODEC_TOKEN: secret, KYC_CODEC_JWKS_URL: jwksUrl, KYC_CODEC_AUTH: none } = values;
  const { KYC_CODEC_JWT_ISSUER: issuer, KYC_CODEC_JWT_AUDIENCE: audience } = values;
  const hasTokens = secret !== undefined || jwksUrl !== undefined;
  if (hasTokens === (none !== undefined)) {
    throw new ConfigError('KYC_CODEC_TOKEN: it, KYC_CODEC_JWKS_URL, or both must be set, or else KYC_CODEC_AUTH alone');
  }
  if (jwksUrl === undefined && (issuer ?? audience) !== undefined)
    throw new ConfigError('KYC_CODEC_JWKS_URL: must be set, since KYC_CODEC_JWT_ISSUER or KYC_CODEC_JWT_AUDIENCE is');
  if (!hasTokens) return { kind: 'none' };
  return { kind: 'tokens', secret, jwt: jwksUrl === undefined ? undefined : { jwksUrl, issuer, audience } };
}

/** Whoever reaches a server without tokens reads all, so only pages on this machine may. */
function demandSafety(env: Environment, { address, origins }: Pick<CodecConfig, 'address' | 'origins'>): void {
  if (isProduction(env)) throw new ConfigError('KYC_CODEC_AUTH: must not be none under NODE_ENV=production');
  if (!isLoopbackHost(address.host)) {
    throw new ConfigError('KYC_CODEC_AUTH: none is only for a loopback address in KYC_CODEC_ADDRESS');
  }
  if (origins.length === 0) throw new ConfigError('KYC_CODEC_ORIGINS: must be set when KYC_CODEC_AUTH is none');
}

function read<Part extends z.ZodRawShape>(part: Part, env: Environment): z.infer<z.ZodObject<Part>> {
  const names = Object.keys(part);
  const given = names.map((name) => [name, env[name]?.trim() || undefined] as const);
  const parsed = z.object(part).safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name}: ${env[name]?.trim() ? issue.message : 'must be set'}`;
  });
  throw new ConfigError(lines.join('\n'));
}

interface ClientValues {
  KYC_TASK_QUEUE: string;
  KYC_ENCRYPTION_KEYS: KeyRing;
  KYC_DOCUMENT_STORE?: string | undefined;
}

function clientConfig(env: Environment, values: ClientValues): ClientConfig {
  const keys = demandedKeys(env, values.KYC_ENCRYPTION_KEYS);
  const documentStore = values.KYC_DOCUMENT_STORE ?? pathToFileURL(path.resolve('kyc-documents')).href;
  return { taskQueue: values.KYC_TASK_QUEUE, keys, documentStore };
}

function logConfig(values: { LOG_LEVEL: LogConfig['level']; LOG_FORMAT?: LogConfig['format'] | undefined }): LogConfig {
  return { level: values.LOG_LEVEL, format: values.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json') };
}

/** One without the other would be a worker that is not of the version it was meant to be. */
function deploymentVersion(
  deploymentName: string | undefined,
  buildId: string | undefined,
): DeploymentVersion | undefined {
  if (deploymentName !== undefined && buildId !== undefined) return { deploymentName, buildId };
  if (deploymentName === undefined && buildId === undefined) return undefined;
  const [missing, given] =
    buildId === undefined ? ['KYC_BUILD_ID', 'KYC_DEPLOYMENT_NAME'] : ['KYC_DEPLOYMENT_NAME', 'KYC_BUILD_ID'];
  throw new ConfigError(`${missing}: must be set, since ${given} is; set both, or neither`);
}

function notusConfig(values: { NOTUS_API_URL: string; NOTUS_API_KEY: string; NOTUS_TIMEOUT_MS: number }): NotusConfig {
  return { url: values.NOTUS_API_URL, apiKey: values.NOTUS_API_KEY, timeoutMs: values.NOTUS_TIMEOUT_MS };
}

/** Personal data in clear is not for production. */
function demandedKeys(env: Environment, keys: KeyRing): KeyRing {
  if (keys.first !== undefined || !isProduction(env)) return keys;
  throw new ConfigError(
    'KYC_ENCRYPTION_KEYS: must be set under NODE_ENV=production, or personal data would stand in Temporal in clear',
  );
}

/** Where what is good enough for development is refused. */
export function isProduction(env: Environment): boolean {
  return env.NODE_ENV === 'production';
}
