import { FolderStore } from './folder-store';
import type { DocumentStore } from './store';

/** The document store that `KYC_DOCUMENT_STORE` names; throws an Error with a sentence for one that cannot be used. */
export function createDocumentStore(url: string): DocumentStore {
  if (/^s3:/i.test(url))
    throw new Error('A document store on S3 is not available in this version: use file:///absolute/path.');
  if (!/^file:\/\/\//i.test(url)) throw new Error('must be file:///dir, an absolute path as a URL.');
  return new FolderStore(url);
}
