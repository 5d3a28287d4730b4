import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { changedError, fileSystemError } from './file-system-error';

/** Larger than Node's 64 KiB because uploads are bound by the number of chunks; no larger, since each upload holds several. */
const CHUNK_BYTES = 131_072;

/** A regular file, and how many bytes it has. */
export interface OpenFile {
  handle: FileHandle;
  size: number;
}

/** Reads an open file of exactly `size` bytes from `start` on, closes it, and fails when the file has another length by then. */
export class FileStream extends Readable {
  private readonly handle: FileHandle;
  private readonly size: number;
  private position: number;

  constructor({ handle, size }: OpenFile, start = 0) {
    super({ highWaterMark: CHUNK_BYTES });
    this.handle = handle;
    this.size = size;
    this.position = start;
  }

  override _read(): void {
    this.readChunk().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(fileSystemError(error)),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.handle.close().then(
      () => callback(error),
      (closing: unknown) => callback(error ?? fileSystemError(closing)),
    );
  }

  private async readChunk(): Promise<Buffer | null> {
    if (this.position === this.size) {
      if ((await this.handle.stat()).size !== this.size) throw changedError();
      return null;
    }
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, this.size - this.position));
    const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, this.position);
    if (bytesRead === 0) throw changedError();
    this.position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
}
