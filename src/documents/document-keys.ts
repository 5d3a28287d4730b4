import type { KeyObject } from 'node:crypto';

/** A secret of 32 bytes, and the id by which documents name it, at most 255 bytes. */
export interface DocumentKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** The keys that documents in a folder are encrypted with. */
export interface DocumentKeys {
  /** Encrypts what is written from now on; undefined to write in clear. */
  readonly first: DocumentKey | undefined;
  /** The key that a document was encrypted with, or undefined when it is not there any more. */
  find(id: string): DocumentKey | undefined;
}
