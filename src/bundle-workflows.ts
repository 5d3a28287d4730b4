import path from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { workerDataConverter } from './data-converter';
import type { KeyRing } from './privacy/key-ring';
import type { EncryptionPlugin } from './privacy/plugin';

/**
 * Bundles the workflow code with the converters that the sandboxed code itself uses. Which failure converter that is
 * can't be chosen at run time, so there is a bundle for workers that encrypt and one for those that write plain.
 *
 * The modules are loaded once and shared by all workflows of a worker, which spares each a third of its memory; so
 * none of them may keep anything of a verification at module level.
 */
export async function bundleWorkflows(encryption: EncryptionPlugin): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath: require.resolve('./workflows'),
    preloadModules: ['short-stacks', 'trace-context', 'index'].map((name) => require.resolve(`./workflows/${name}`)),
    workflowInterceptorModules: [require.resolve('./workflows/trace-context')],
    payloadConverterPath: workerDataConverter.payloadConverterPath,
    plugins: [encryption],
  });
}

/** The bundle that the build made for workers with those keys. */
export function builtBundle(keys: KeyRing): string {
  return path.join(__dirname, keys.first === undefined ? 'workflow-bundle.js' : 'workflow-bundle-encrypted.js');
}
