import { outsideError } from './errors';
import { Folder } from './folder';
import { HttpsSource } from './https-source';
import { S3Source } from './s3-source';
import type { DocumentStore, OpenDocument } from './store';

const DEFAULT_TIMEOUT_MS = 30_000;

/** A place outside the store that documents may be read from, and are never deleted from. */
export interface Source {
  contains(uri: unknown): boolean;
  /** `timeoutMs` bounds each wait for the source, not the whole document. */
  open(uri: string, timeoutMs: number): Promise<OpenDocument>;
}

/** One entry of `KYC_DOCUMENT_SOURCES`; throws an Error with a sentence for one that cannot be used. */
export function parseSource(text: string): Source {
  const source = text.trim();
  if (/^s3:/i.test(source)) return new S3Source(source);
  if (/^file:/i.test(source)) return new Folder(source);
  return new HttpsSource(source);
}

/**
 * All that a worker may read: the store first, because a URI inside the store is the store's even where a source
 * contains it, then the allowed sources.
 */
export class DocumentAccess {
  private readonly store: DocumentStore;
  private readonly sources: readonly Source[];
  private readonly timeoutMs: number;

  /** `sources` are the entries of `KYC_DOCUMENT_SOURCES`; throws as `parseSource` does. */
  constructor(store: DocumentStore, sources: readonly string[], options: { timeoutMs?: number } = {}) {
    this.store = store;
    this.sources = sources.map(parseSource);
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /** Throws `DocumentRefusedError` for a document that is at fault, `DocumentStoreUnavailableError` for an outage. */
  async open(uri: string): Promise<OpenDocument> {
    if (this.store.contains(uri)) return await this.store.open(uri);
    const source = this.sources.find((candidate) => candidate.contains(uri));
    if (source === undefined) throw outsideError();
    return await source.open(uri, this.timeoutMs);
  }

  /** Deletes an object of the store; gives false for one that is gone already and for all others, which stay untouched. */
  async delete(uri: string): Promise<boolean> {
    return this.store.contains(uri) && (await this.store.delete(uri));
  }
}
