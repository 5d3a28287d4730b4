import { Worker, type WorkerOptions } from '@temporalio/worker';

/** Loaded before the worker itself: both of its workers take these options of the SDK in place of their own. */
const options = JSON.parse(process.env['BENCH_WORKER_OPTIONS'] ?? '{}') as Partial<WorkerOptions>;
const { create } = Worker as { create: (this: typeof Worker, options: WorkerOptions) => Promise<Worker> };

Worker.create = function (this: typeof Worker, own: WorkerOptions): Promise<Worker> {
  return create.call(this, { ...own, ...options });
};
