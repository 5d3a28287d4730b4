import { loadClientConfig } from '../config';
import { createDocumentStore } from '../documents/create-store';
import type { CheckGroup } from './doctor';

/** The document store, by a write that is read back and deleted. */
export function checksOfStore(env: NodeJS.ProcessEnv): CheckGroup {
  const run = async (): Promise<string> => {
    const { documentStore } = loadClientConfig(env);
    await createDocumentStore(documentStore).check();
    return `readable and writable at ${documentStore}`;
  };
  return { checks: [{ name: 'document store', run }], close: () => undefined };
}
