import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { CIPHER, damagedError, FRAME_BYTES, nonceOf, TAG_BYTES } from './sealed-format';
import type { FrameKey } from './sealed-format';

/** Collects bytes to pieces of one size; the last piece, of 0 bytes or more, is known only at the end. */
class Pieces {
  private waiting: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly size: number) {}

  /** Gives the pieces that are full and surely not the last. */
  *add(chunk: Buffer): Generator<Buffer> {
    this.waiting.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes <= this.size) return;
    const all = this.rest();
    let start = 0;
    for (; all.length - start > this.size; start += this.size) yield all.subarray(start, start + this.size);
    this.waiting = [all.subarray(start)];
    this.bytes = all.length - start;
  }

  rest(): Buffer {
    return Buffer.concat(this.waiting);
  }
}

/** Encrypts a document, with the memory of a frame. */
export async function* seal(document: AsyncIterable<Buffer>, { key, context }: FrameKey): AsyncGenerator<Buffer> {
  const pieces = new Pieces(FRAME_BYTES);
  let frame = 0;
  const encrypt = (plain: Buffer, isLast: boolean): Buffer => {
    const cipher = createCipheriv(CIPHER, key, nonceOf(frame, isLast), { authTagLength: TAG_BYTES }).setAAD(context);
    frame += 1;
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  for await (const chunk of document) {
    for (const piece of pieces.add(chunk)) yield encrypt(piece, false);
  }
  yield encrypt(pieces.rest(), true);
}

/** Decrypts the frames of a document; gives nothing of a frame that does not authenticate, and ends with an error. */
export class Unsealing extends Transform {
  private readonly pieces = new Pieces(FRAME_BYTES + TAG_BYTES);
  private frame = 0;

  constructor(private readonly frames: FrameKey) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (const piece of this.pieces.add(chunk)) this.push(this.decrypt(piece, false));
      done();
    } catch {
      done(damagedError());
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      done(null, this.decrypt(this.pieces.rest(), true));
    } catch {
      done(damagedError());
    }
  }

  private decrypt(sealed: Buffer, isLast: boolean): Buffer {
    const { key, context } = this.frames;
    const nonce = nonceOf(this.frame++, isLast);
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(context);
    decipher.setAuthTag(sealed.subarray(tagAt));
    return Buffer.concat([decipher.update(sealed.subarray(0, tagAt)), decipher.final()]);
  }
}
