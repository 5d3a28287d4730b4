/**
 * Has the Temporal SDK download one of its servers: `local` (the CLI) or `time-skipping`, in a release, to a folder.
 * A process of its own, since the SDK offers no limit for how long it may take.
 */
import { createRequire } from 'node:module';

const [kind, version, downloadDir] = process.argv.slice(2);
const { TestWorkflowEnvironment } = createRequire(import.meta.url)('@temporalio/testing');
const options = { server: { executable: { type: 'cached-download', version, downloadDir } } };
const environment =
  kind === 'local'
    ? await TestWorkflowEnvironment.createLocal(options)
    : await TestWorkflowEnvironment.createTimeSkipping(options);
await environment.teardown();
