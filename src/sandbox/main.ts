import type { Sandbox, SandboxCall, SandboxOptions } from './server';
import { startSandbox } from './server';

const DEFAULT_ADDRESS = '127.0.0.1:4010';

async function main(): Promise<void> {
  const { SANDBOX_ADDRESS, SANDBOX_API_KEY, SANDBOX_DATA_FILE, SANDBOX_S3_URL } = process.env;
  const perSecond = process.env.SANDBOX_MAX_REQUESTS_PER_SECOND;
  const options: SandboxOptions = {
    ...readAddress(SANDBOX_ADDRESS || DEFAULT_ADDRESS),
    profile: readProfile(process.env.SANDBOX_PROFILE || 'seed'),
    ...(SANDBOX_API_KEY ? { apiKey: SANDBOX_API_KEY } : {}),
    ...(SANDBOX_DATA_FILE ? { dataFile: SANDBOX_DATA_FILE } : {}),
    ...(SANDBOX_S3_URL ? { s3Url: readOrigin(SANDBOX_S3_URL) } : {}),
    ...(perSecond ? { maxRequestsPerSecond: readRate(perSecond) } : {}),
    onCall: (call) => console.log(callLine(call)),
  };
  const sandbox = SANDBOX_ADDRESS ? await startSandbox(options) : await startWhereFree(options);
  console.log(welcome(sandbox, options.profile ?? 'seed'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
}

function readAddress(address: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(address) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new Error(`SANDBOX_ADDRESS must be host:port, for example ${DEFAULT_ADDRESS}.`);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function readOrigin(url: string): string {
  if (URL.canParse(url) && /^https?:/.test(url) && url.replace(/\/$/, '') === new URL(url).origin) {
    return new URL(url).origin;
  }
  throw new Error('SANDBOX_S3_URL must be an http or https URL without a path, for example http://127.0.0.1:4011.');
}

function readRate(perSecond: string): number {
  if (/^\d{1,6}(\.\d{1,3})?$/.test(perSecond) && Number(perSecond) >= 1) return Number(perSecond);
  throw new Error('SANDBOX_MAX_REQUESTS_PER_SECOND must be a number from 1 on, for example 5.');
}

function readProfile(profile: string): 'seed' | 'live-2025-10' {
  if (profile === 'seed' || profile === 'live-2025-10') return profile;
  throw new Error('SANDBOX_PROFILE must be seed or live-2025-10.');
}

async function startWhereFree(options: SandboxOptions): Promise<Sandbox> {
  try {
    return await startSandbox(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    console.log(`${DEFAULT_ADDRESS} is taken, so the sandbox listens elsewhere; SANDBOX_ADDRESS chooses the place.`);
    return await startSandbox({ ...options, port: 0 });
  }
}

/** What stopped the start, by the variable that has to change. */
function reasonOf(error: unknown): string {
  const { syscall = '', code, message } = error as NodeJS.ErrnoException;
  if (['listen', 'getaddrinfo'].includes(syscall)) return `SANDBOX_ADDRESS: nothing can listen there (${code}).`;
  if (['open', 'read', 'ftruncate'].includes(syscall)) return `SANDBOX_DATA_FILE: the file cannot be used (${code}).`;
  if (error instanceof SyntaxError) return 'SANDBOX_DATA_FILE: the file is not one that a sandbox wrote.';
  return message;
}

function welcome({ url, apiUrl, apiKey }: Sandbox, profile: string): string {
  return `
The Notus sandbox is ready at ${url} (profile ${profile}).

  export NOTUS_API_URL=${apiUrl}
  export NOTUS_API_KEY=${apiKey}

Try it:

  curl -s ${apiUrl}/kyc/individual-verification-sessions/standard \\
    -H 'x-api-key: ${apiKey}' -H 'content-type: application/json' \\
    -d '${JSON.stringify(EXAMPLE)}'

The last four digits of documentId choose what happens: curl ${url}/sandbox lists every scenario and admin call.
Each call is one line below. Ctrl-C stops it.
`;
}

const EXAMPLE = {
  firstName: 'Ana',
  lastName: 'Exemplo',
  birthDate: '15/01/1990',
  documentCategory: 'IDENTITY_CARD',
  documentCountry: 'BRAZIL',
  documentId: '12345678909',
  livenessRequired: false,
  email: 'ana@example.com',
  address: 'Rua Exemplo, 1',
  city: 'Campinas',
  state: 'SP',
  postalCode: '13000000',
};

/** One call without personal data: what, on which session, how it was answered, and by which scenario. */
function callLine({ at, operation, side, status, sessionId, effect, scenario }: SandboxCall): string {
  const what = side === null ? operation : `${operation} ${side}`;
  const parts = [at, what.padEnd(12), String(status ?? 'no answer').padEnd(9), sessionId ?? '-', effect ?? '-'];
  return [...parts, scenario ?? '-'].join('  ');
}

main().catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exitCode = 1;
});
