import type { DocumentKeys } from './document-keys';
import { FolderStore } from './folder-store';
import { S3Store } from './s3-store';
import type { DocumentStore } from './store';

/**
 * The document store that `KYC_DOCUMENT_STORE` names; throws an Error with a sentence for one that cannot be used.
 * With keys, a folder holds documents encrypted alone; S3 encrypts what it holds by itself (AWS docs).
 */
export function createDocumentStore(url: string, keys?: DocumentKeys): DocumentStore {
  if (/^s3:/i.test(url)) return new S3Store(url);
  if (!/^file:\/\/\//i.test(url)) {
    throw new Error('must be file:///dir, an absolute path as a URL, or s3://bucket/prefix.');
  }
  return new FolderStore(url, keys);
}
