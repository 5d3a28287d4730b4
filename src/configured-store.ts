import { ConfigError, type ClientConfig } from './config';
import { createDocumentStore } from './documents/create-store';
import type { DocumentStore } from './documents/store';

/** The document store that the configuration names. Throws `ConfigError` by the variable's name. */
export function configuredStore({ documentStore, keys }: ClientConfig): DocumentStore {
  return named('KYC_DOCUMENT_STORE', () => createDocumentStore(documentStore, keys));
}

/** Makes something out of a variable's value; its own words against the value come as a `ConfigError`. */
export function named<T>(variable: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ConfigError(`${variable}: ${error instanceof Error ? error.message : 'is wrong'}`);
  }
}
