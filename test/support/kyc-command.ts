import { Readable } from 'node:stream';
import { runCli } from '../../src/cli/program';

export interface CommandResult {
  code: number;
  out: string;
  err: string;
}

/** Runs one `kyc` command in this process, as `src/cli/main.ts` does; `onOut` sees each print to standard output. */
export async function kyc(
  args: readonly string[],
  env: Record<string, string>,
  { stdin = '', signal = new AbortController().signal, onOut = (_: string): void => undefined } = {},
): Promise<CommandResult> {
  const printed = { out: [] as string[], err: [] as string[] };
  const code = await runCli(args, {
    env,
    stdin: Readable.from([stdin]),
    out: (text) => {
      printed.out.push(text);
      onOut(text);
    },
    err: (text) => void printed.err.push(text),
    signal,
  });
  return { code, out: printed.out.join('\n'), err: printed.err.join('\n') };
}
