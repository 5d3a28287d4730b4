import { loadClientConfig } from '../config';
import { configuredStore } from '../configured-store';
import type { CheckGroup } from './doctor-check';

/** The document store, by a write that is read back and deleted. */
export function checksOfStore(env: NodeJS.ProcessEnv): CheckGroup {
  const run = async (): Promise<string> => {
    const config = loadClientConfig(env);
    await configuredStore(config).check();
    return `readable and writable at ${config.documentStore}`;
  };
  return { checks: [{ name: 'document store', run }], close: () => undefined };
}
