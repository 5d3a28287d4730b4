import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { findJsonError } from './json-error';
import { UsageError, type Terminal } from './terminal';

/** The JSON in the file, or in standard input for `-`. Throws `UsageError` that names the file and the position. */
export async function readInput(file: string, terminal: Terminal): Promise<unknown> {
  const name = file === '-' ? 'standard input' : file;
  const content = await (file === '-' ? text(terminal.stdin) : readFile(file, 'utf8')).catch(
    ({ code }: NodeJS.ErrnoException) => {
      throw new UsageError(`${name} can't be read (${code ?? 'unknown reason'}): check the path and permissions.`);
    },
  );
  try {
    return JSON.parse(content);
  } catch {
    // The parser's own message quotes the file, and with it personal data.
    const before = content.slice(0, findJsonError(content)).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    throw new UsageError(`${name}: not valid JSON at line ${before.length}, column ${column}.`);
  }
}
