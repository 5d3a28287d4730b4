import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { SIDES, type Documents, type DocumentReference, type DocumentSide, type Side } from '../contract';
import { DocumentRefusedError } from '../documents/errors';
import { MAX_DOCUMENT_BYTES } from '../documents/inspection';
import type { DocumentStore } from '../documents/store';
import { DocumentsRefusedError } from './errors';

/** A reference, a URI, the path of a file, or the bytes themselves. */
export type DocumentSource = DocumentSide | string | Buffer | Readable;

/** What `submitDocuments` takes: all sides that the category needs. */
export interface DocumentSources {
  front: DocumentSource;
  back?: DocumentSource;
}

const URI = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Documents that are ready to be named to the workflow, and the means to take back what was stored for it. */
export class StoredDocuments {
  private readonly references: DocumentReference[] = [];
  private readonly sides: Partial<Documents> = {};

  private constructor(
    private readonly verificationId: string,
    private readonly store: () => DocumentStore,
  ) {}

  /** Puts paths, bytes and streams into the store; either all or none. */
  static async of(
    verificationId: string,
    sources: DocumentSources,
    store: () => DocumentStore,
  ): Promise<StoredDocuments> {
    const documents = new StoredDocuments(verificationId, store);
    try {
      for (const side of SIDES) {
        const source = sources[side];
        if (source !== undefined) documents.sides[side] = await documents.referTo(side, source);
      }
      return documents;
    } catch (error) {
      await documents.discard();
      throw error;
    }
  }

  get documents(): Documents {
    return this.sides as Documents;
  }

  /** Deletes what was stored; what can't be deleted now, the sweep of the store finds. */
  async discard(): Promise<void> {
    await Promise.allSettled(this.references.splice(0).map(({ uri }) => this.store().delete(uri)));
  }

  private async referTo(side: Side, source: DocumentSource): Promise<DocumentSide> {
    if (typeof source === 'string')
      return URI.test(source) ? { uri: source } : this.put(side, await this.read(side, source));
    return Buffer.isBuffer(source) || 'pipe' in source ? this.put(side, source) : source;
  }

  private async read(side: Side, path: string): Promise<Readable> {
    // A pipe or a device could be waited for without end.
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => this.unreadable(side, error.code));
    return found.isFile() ? createReadStream(path) : this.unreadable(side, 'no regular file');
  }

  private async put(side: Side, bytes: Buffer | Readable): Promise<DocumentReference> {
    try {
      const { uri, sha256 } = await this.store().put(this.verificationId, bytes, MAX_DOCUMENT_BYTES);
      const reference = { uri, sha256 };
      this.references.push(reference);
      return reference;
    } catch (error) {
      if (error instanceof DocumentRefusedError) {
        throw new DocumentsRefusedError(this.verificationId, error.code, `${side}: ${error.message}`);
      }
      const { path, code } = error as NodeJS.ErrnoException;
      if (typeof path === 'string') this.unreadable(side, code);
      throw error;
    }
  }

  private unreadable(side: Side, why = 'unknown reason'): never {
    const reason = `${side}: The file can't be read (${why}): check its path and permissions.`;
    throw new DocumentsRefusedError(this.verificationId, 'DocumentUnusable', reason);
  }
}
