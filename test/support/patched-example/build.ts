import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workerDataConverter } from '../../../src/data-converter';
import { temporaryFolder } from '../temporary-folder';

/** Bundles a variant of the workflow, by its file name here, as the build bundles the workflow itself. */
export async function buildVariant(name: 'unpatched' | 'patched' | 'deprecated'): Promise<{ codePath: string }> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, `${name}.ts`),
    payloadConverterPath: workerDataConverter.payloadConverterPath,
    logger: new DefaultLogger('ERROR'),
  });
  const codePath = join(temporaryFolder(), `${name}.js`);
  writeFileSync(codePath, code);
  return { codePath };
}
