import type { Readable } from 'node:stream';
import { KycClient, KycError } from '../client';
import { temporalUnavailable } from '../client/temporal-calls';

/** All that a command sees of the world around it. */
export interface Terminal {
  env: NodeJS.ProcessEnv;
  stdin: Readable;
  /** One line, or several, to standard output. */
  out(text: string): void;
  /** The same to standard error. */
  err(text: string): void;
  /** Aborted when the person wants the command to end. */
  signal: AbortSignal;
}

/** The command line or a file it names is wrong: exit code 2. */
export class UsageError extends Error {}

/** The command did what it could, and something has to be mended: exit code 1. */
export class RefusedError extends Error {}

/** Connects for the time of one command. */
export async function withKyc<T>(terminal: Terminal, body: (kyc: KycClient) => Promise<T>): Promise<T> {
  const kyc = await KycClient.connect({ env: terminal.env });
  try {
    return await body(kyc);
  } finally {
    await kyc.close();
  }
}

/** What a person is told of an error. */
export function sentenceOf(error: unknown): string {
  if (error instanceof KycError) return error.message;
  return temporalUnavailable(error)?.message ?? (error instanceof Error ? error.message : String(error));
}
