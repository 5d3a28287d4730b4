import { hostname } from 'node:os';
import {
  Worker,
  type ActivityInterceptorsFactory,
  type NativeConnection,
  type WorkerDeploymentOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import { createDocumentActivities, createNotusActivities } from './activities';
import { refuseUnreadable } from './activities/refuse-unreadable';
import type { DeploymentVersion } from './config';
import { notusTaskQueue } from './contract';
import { workerDataConverter } from './data-converter';
import type { DocumentAccess } from './documents/sources';
import type { NotusClient } from './notus/client';
import type { FormUploader } from './notus/upload';
import type { EncryptionPlugin } from './privacy/plugin';
import { QuerySafeWorker } from './query-safe-worker';

export interface KycWorkersOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  encryption: EncryptionPlugin;
  notus: NotusClient;
  documents: DocumentAccess;
  uploader: FormUploader;
  /** Cap on calls to Notus over all workers; undefined for none. */
  maxRequestsPerSecond: number | undefined;
  /** The version of both workers; undefined for workers without versions. */
  deployment?: DeploymentVersion | undefined;
  /** The longest call, which a shutdown lets finish. */
  callTimeoutMs: number;
  /** Around each activity, such as a trace. */
  activityInterceptors?: ActivityInterceptorsFactory[];
}

/** How long after the longest call a shutdown waits, and then forces its end. */
const GRACE_MS = 5_000;
const FORCE_MS = 15_000;

/** How much one worker takes on at a time. */
const CAPACITY = {
  maxCachedWorkflows: 200,
  maxConcurrentWorkflowTaskExecutions: 40,
  maxConcurrentLocalActivityExecutions: 100,
  documentActivities: 40,
  notusActivities: 200,
} as const;

/** Decides with the heartbeat time-out how soon another worker goes on for a dead one. */
const STICKY_TIMEOUT_MS = 1_000;
const HEARTBEAT_THROTTLE_MS = 1_000;

/**
 * A verification lasts for days, so it moves on to the current version with its next step, and old workers need not be
 * kept for it; `patched()` keeps the code able to replay it. Both task queues are of the version, so that a workflow
 * and the activities it schedules are always of one build.
 */
function versioned(version: DeploymentVersion): WorkerDeploymentOptions {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

/** The two workers of one process: one for workflows and documents, one for calls to Notus. */
export class KycWorkers {
  private constructor(private readonly workers: readonly Worker[]) {}

  static async create(options: KycWorkersOptions): Promise<KycWorkers> {
    const { connection, namespace, taskQueue, notus, documents, uploader, callTimeoutMs } = options;
    const shared = {
      connection,
      namespace,
      dataConverter: workerDataConverter,
      plugins: [options.encryption],
      interceptors: { activity: [...(options.activityInterceptors ?? []), refuseUnreadable] },
      identity: `kyc@${hostname()}:${process.pid}`,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      shutdownGraceTime: callTimeoutMs + GRACE_MS,
      shutdownForceTime: callTimeoutMs + FORCE_MS,
      ...(options.deployment && { workerDeploymentOptions: versioned(options.deployment) }),
    };
    return new KycWorkers([
      await QuerySafeWorker.create({
        ...shared,
        taskQueue,
        workflowBundle: options.workflowBundle,
        activities: createDocumentActivities(documents, uploader),
        maxCachedWorkflows: CAPACITY.maxCachedWorkflows,
        maxConcurrentWorkflowTaskExecutions: CAPACITY.maxConcurrentWorkflowTaskExecutions,
        maxConcurrentLocalActivityExecutions: CAPACITY.maxConcurrentLocalActivityExecutions,
        maxConcurrentActivityTaskExecutions: CAPACITY.documentActivities,
        stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
      }),
      await Worker.create({
        ...shared,
        taskQueue: notusTaskQueue(taskQueue),
        activities: createNotusActivities(notus),
        maxConcurrentActivityTaskExecutions: CAPACITY.notusActivities,
        ...(options.maxRequestsPerSecond === undefined
          ? {}
          : { maxTaskQueueActivitiesPerSecond: options.maxRequestsPerSecond }),
      }),
    ]);
  }

  /** Runs until shut down and drained; a fatal error of one stops the other. */
  async run(): Promise<void> {
    const runs = this.workers.map((worker) => worker.run());
    try {
      await Promise.all(runs);
    } finally {
      this.shutdown();
      await Promise.allSettled(runs);
    }
  }

  /** Begins an orderly end: nothing new is taken on, calls in flight are let finish. */
  shutdown(): void {
    for (const worker of this.workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  }

  /** Throws unless both workers poll. */
  assertRunning(): void {
    for (const worker of this.workers) {
      const state = worker.getState();
      if (state !== 'RUNNING') throw new Error(`a worker is ${state}`);
    }
  }
}
