/** The keys that documents in a folder are encrypted with. */
export interface DocumentKeys {
  /** Encrypts what is written from now on; `key` has 32 bytes, `id` at most 255. */
  readonly current: { readonly id: string; readonly key: Buffer };
  /** The key that a document was encrypted with, or undefined when it is not there any more. */
  byId(id: string): Buffer | undefined;
}
