import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from './activities';

/** A rival's worker, with as many slots as ours has, so that none of them waits for one. */
async function main(): Promise<void> {
  const { TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '', NOTUS_API_URL = '', NOTUS_API_KEY = '' } = process.env;
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    connection,
    namespace: TEMPORAL_NAMESPACE,
    taskQueue: process.argv[2] ?? '',
    workflowsPath: require.resolve('./workflows'),
    activities: createActivities(NOTUS_API_URL, NOTUS_API_KEY),
    maxCachedWorkflows: 500,
    maxConcurrentActivityTaskExecutions: 200,
  });
  const running = worker.run();
  console.log('worker ready');
  await running;
  await connection.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
