import type { DocumentStore } from '../documents/store';

/** The store, for what can't be done without one; throws a `TypeError` if this client was made without. */
export function demandStore(store: DocumentStore | undefined): DocumentStore {
  if (store !== undefined) return store;
  throw new TypeError('This KycClient was made without a document store: give one to KycClient.of.');
}
