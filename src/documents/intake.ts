import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { DocumentRefusedError } from './errors';
import type { StoredDocument } from './store';

/** A document on its way into a store: counted, hashed, and cut off behind `maxBytes`. */
export class Intake {
  private readonly hash = createHash('sha256');
  private size = 0;
  /** What ended the document early, by its own fault or by the limit. */
  failure: { error: unknown } | undefined;

  constructor(
    private readonly bytes: Readable | Buffer,
    private readonly maxBytes: number,
  ) {
    // A stream may fail before its first chunk is asked for; whoever reads the chunks sees that error then.
    if (!Buffer.isBuffer(bytes)) bytes.once('error', () => undefined);
  }

  /** Gives the bytes once. Throws `DocumentRefusedError` for more than the limit, and the stream's own error as it is. */
  async *chunks(): AsyncGenerator<Buffer> {
    try {
      const source = Buffer.isBuffer(this.bytes) ? [this.bytes] : (this.bytes as AsyncIterable<Buffer | string>);
      for await (const chunk of source) yield this.take(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  /** Of all that was given, once it is. */
  facts(): Pick<StoredDocument, 'sha256' | 'size'> {
    return { sha256: this.hash.digest('hex'), size: this.size };
  }

  /** To be called when the document is not wanted any more. */
  stop(): void {
    if (!Buffer.isBuffer(this.bytes)) this.bytes.destroy();
  }

  private take(chunk: Buffer): Buffer {
    this.size += chunk.length;
    if (this.size > this.maxBytes) {
      throw new DocumentRefusedError(
        'DocumentUnusable',
        `The document is larger than ${this.maxBytes} bytes: send a smaller one.`,
      );
    }
    this.hash.update(chunk);
    return chunk;
  }
}
