import { bundleWorkflowCode } from '@temporalio/worker';
import { workerDataConverter } from './data-converter';

/** Bundles the workflow code, with the converter that the sandboxed code itself uses. */
export async function bundleWorkflows(): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath: require.resolve('./workflows'),
    workflowInterceptorModules: [require.resolve('./workflows/trace-context')],
    payloadConverterPath: workerDataConverter.payloadConverterPath,
  });
}
