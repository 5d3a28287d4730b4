import { closeSync, existsSync, fdatasync, openSync, readFileSync, truncateSync, write } from 'node:fs';
import { promisify } from 'node:util';

const writeAsync = promisify(write);
const syncAsync = promisify(fdatasync);

/**
 * An append-only file of JSON lines, each on the disk before `append` resolves. Lines that arrive while a write is
 * under way go together with the next one, so that the disk does not bound the calls per second.
 */
export class Journal {
  private waiting: string[] = [];
  private writing: Promise<void> | null = null;

  private constructor(private readonly file: number) {}

  /** Opens the file (made when missing, for its owner alone) and hands each line it holds to `replay`. */
  static open(path: string, replay: (entry: unknown) => void): Journal {
    if (existsSync(path)) {
      const text = readFileSync(path);
      // A killed process may leave half a line behind: its call was never answered, so it never happened.
      const whole = text.lastIndexOf('\n') + 1;
      truncateSync(path, whole);
      for (const line of text.subarray(0, whole).toString().split('\n')) if (line !== '') replay(JSON.parse(line));
    }
    return new Journal(openSync(path, 'a', 0o600));
  }

  /** Resolves once the entry is synced. */
  async append(entry: unknown): Promise<void> {
    this.waiting.push(`${JSON.stringify(entry)}\n`);
    const busy = this.writing;
    if (busy !== null) await busy;
    // Whoever wakes first writes for all that waited.
    this.writing ??= this.writeWaiting();
    await this.writing;
  }

  /** Writes what is left and closes the file. */
  async close(): Promise<void> {
    while (this.writing !== null) await this.writing;
    closeSync(this.file);
  }

  private async writeWaiting(): Promise<void> {
    const lines = Buffer.from(this.waiting.splice(0).join(''));
    let written = 0;
    while (written < lines.length) written += (await writeAsync(this.file, lines, written)).bytesWritten;
    await syncAsync(this.file);
    this.writing = null;
  }
}
