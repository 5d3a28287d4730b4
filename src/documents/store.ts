import type { Readable } from 'node:stream';

/** A document that is ready to be read once. */
export interface OpenDocument {
  /** Gives exactly `size` bytes or an error; must be read to its end or destroyed. */
  stream: Readable;
  /** In bytes, known before the first one is read. */
  size: number;
}

/** What `put` stored. */
export interface StoredDocument {
  uri: string;
  /** Lower-case hex. */
  sha256: string;
  /** In bytes. */
  size: number;
}

/** Something that `put` or `check` wrote, or was writing when it was cut off. */
export interface StoreEntry {
  /** As `ownerOf` gives it; null for what is no whole document. */
  owner: string | null;
  /** When it was last written, in milliseconds since the epoch. */
  modifiedAt: number;
  /** Gives false when it is gone already. */
  remove: () => Promise<boolean>;
}

/**
 * Where documents wait for their verification. Every method but `contains` throws `DocumentStoreUnavailableError` when
 * the store does not work, and `DocumentRefusedError` when the caller's document or URI is at fault.
 */
export interface DocumentStore {
  /**
   * Stores a document under a name nobody can guess, as a whole or not at all, with constant memory.
   * More than `maxBytes` is refused as `DocumentUnusable`; an error of the given stream is passed on as it is.
   */
  put(verificationId: string, bytes: Readable | Buffer, maxBytes: number): Promise<StoredDocument>;
  open(uri: string): Promise<OpenDocument>;
  /** Gives false when the object is gone already. */
  delete(uri: string): Promise<boolean>;
  /** Whether the URI is this store's to read and to delete; says nothing about whether the object exists. */
  contains(uri: string): boolean;
  /** Proves that the store can be read and written now. */
  check(): Promise<void>;
  /** All that this store wrote and still holds; what others put there under names of their own is left out. */
  entries(): AsyncIterable<StoreEntry>;
}
