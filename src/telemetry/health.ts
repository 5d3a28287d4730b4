import http from 'node:http';
import { ConfigError, type Address } from '../config';

/** One thing that must hold for the worker to be ready; throws a sentence when it does not. */
export type Check = () => Promise<void> | void;

const CHECK_TIMEOUT_MS = 5_000;

/** Serves `/livez` (the process turns) and `/readyz` (every check holds; else 503 with the reasons). */
export async function serveHealth({ host, port }: Address, checks: Record<string, Check>): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    };
    const path = request.url?.split('?')[0];
    if (path === '/livez') return answer(200, { status: 'ok' });
    if (path !== '/readyz') return answer(404, { status: 'not found', paths: ['/livez', '/readyz'] });
    void failuresOf(checks).then((failed) =>
      Object.keys(failed).length === 0
        ? answer(200, { status: 'ok', checks: Object.keys(checks) })
        : answer(503, { status: 'not ready', failed }),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch(
    (error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      throw new ConfigError(`KYC_HEALTH_ADDRESS: can't listen at ${host}:${port} (${code}); choose another`);
    },
  );
  return server;
}

/** The checks that do not hold, each with the reason; one that gives no answer in time is among them. */
export async function failuresOf(checks: Record<string, Check>): Promise<Record<string, string>> {
  const failed: Record<string, string> = {};
  await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await withTimeout(Promise.resolve(check()));
      } catch (error) {
        failed[name] = error instanceof Error ? error.message : 'failed';
      }
    }),
  );
  return failed;
}

async function withTimeout(check: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS / 1_000} s`)), CHECK_TIMEOUT_MS);
  });
  await Promise.race([check, late]).finally(() => clearTimeout(timer));
}
