import { FolderStore } from './folder-store';
import type { DocumentStore } from './store';

/** The document store that `KYC_DOCUMENT_STORE` names; throws an Error with a sentence for one that cannot be used. */
export function createDocumentStore(url: string): DocumentStore {
  if (/^s3:/i.test(url))
    throw new Error('A document store on S3 is not available in this version: use file:///absolute/path.');
  return new FolderStore(url);
}
