import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { notusTaskQueue, SEARCH_ATTRIBUTES, WORKFLOW_TYPE } from '../../src/contract';
import { workerDataConverter } from '../../src/data-converter';
import { QuerySafeWorker } from '../../src/query-safe-worker';
import { registerSearchAttributes } from '../../src/search-attributes';
import { FakeWorld, fakeActivities, type VirtualClock } from './fake-activities';
import { TestVerification } from './test-verification';
import { workflowBundle } from './workflow-bundle';

const TASK_QUEUE = 'kyc';
const NAMESPACE = 'default';

type History = Awaited<ReturnType<TestVerification['handle']['fetchHistory']>>;

interface Running {
  env: TestWorkflowEnvironment;
  bundle: { codePath: string };
  workers: Worker[];
  runs: Promise<void>[];
}

interface ServerOptions {
  startServer?: () => Promise<TestWorkflowEnvironment>;
  /** What the worker that runs workflows is to do otherwise. */
  worker?: Pick<WorkerOptions, 'maxCachedWorkflows' | 'stickyQueueScheduleToStartTimeout'>;
}

/**
 * A server of the test file's own, one that skips time unless told otherwise, with workers on both task queues. Every
 * verification has a world to itself; what a test leaves open is ended after it.
 */
export class VerificationServer {
  private running: Running | null = null;
  private readonly worlds = new Map<string, FakeWorld>();
  private readonly histories: { workflowId: string; history: History }[] = [];
  private open: TestVerification[] = [];

  constructor(private readonly options: ServerOptions = {}) {}

  async up(): Promise<void> {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'off' } } });
    const env = await (this.options.startServer ?? startTimeSkipping)();
    await registerSearchAttributes(env.connection, NAMESPACE, SEARCH_ATTRIBUTES);
    await this.startWorkers(env, await workflowBundle());
  }

  async down(): Promise<void> {
    await this.stopWorkers();
    await this.use().env.teardown();
  }

  /**
   * Stops the workers and starts others; `leave` ends the attempts that are in flight, which the old ones wait for, and
   * `meanwhile` is done while there is none.
   */
  async restartWorkers(leave: () => void, meanwhile?: () => Promise<void>): Promise<void> {
    const { env, bundle } = this.use();
    await this.stopWorkers(leave);
    await meanwhile?.();
    await this.startWorkers(env, bundle);
  }

  /** Does that while there are no workers. */
  async withoutWorkers(act: () => Promise<void>): Promise<void> {
    const { env, bundle } = this.use();
    await this.stopWorkers();
    await act();
    await this.startWorkers(env, bundle);
  }

  async endOpen(): Promise<void> {
    for (const verification of this.open) {
      const history = await verification.handle.fetchHistory();
      this.histories.push({ workflowId: verification.handle.workflowId, history });
      await verification.terminate();
    }
    this.open = [];
    this.worlds.clear();
  }

  /** Replays every history that the tests have made; throws if any would go another way. */
  replayAll(): Promise<void> {
    return this.replayEach(this.histories);
  }

  /** Replays a verification's history as it is now; throws if it would go another way. */
  async replay({ handle }: TestVerification): Promise<void> {
    await this.replayEach([{ workflowId: handle.workflowId, history: await handle.fetchHistory() }]);
  }

  /** Starts a verification in a world that the script may set up. */
  async start(input: unknown, script: (world: FakeWorld) => unknown = () => undefined): Promise<TestVerification> {
    const { env } = this.use();
    const world = new FakeWorld();
    script(world);
    const workflowId = `verification-${++started}`;
    this.worlds.set(workflowId, world);
    const handle = await env.client.workflow.start(WORKFLOW_TYPE, { workflowId, taskQueue: TASK_QUEUE, args: [input] });
    const verification = new TestVerification(env, handle, world);
    this.open.push(verification);
    return verification;
  }

  private async startWorkers(env: TestWorkflowEnvironment, bundle: { codePath: string }): Promise<void> {
    const worldOf = (id: string): FakeWorld => this.worlds.get(id) ?? new FakeWorld();
    const workers = await createWorkers(env, bundle, this.options.worker, worldOf);
    this.running = { env, bundle, workers, runs: workers.map((worker) => worker.run()) };
  }

  private async stopWorkers(leave: () => void = () => undefined): Promise<void> {
    const { workers, runs } = this.use();
    for (const worker of workers) worker.shutdown();
    leave();
    await Promise.all(runs);
  }

  private async replayEach(histories: { workflowId: string; history: History }[]): Promise<void> {
    const { bundle } = this.use();
    const options = { workflowBundle: bundle, dataConverter: workerDataConverter };
    for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
      if (error !== undefined) throw new Error(`${workflowId} can't be replayed: ${error.message}`);
    }
  }

  private use(): Running {
    if (this.running === null) throw new Error('The server is not up.');
    return this.running;
  }
}

let started = 0;

/** The time-skipping server of this test file. */
export function timeSkippingServer(options: Omit<ServerOptions, 'startServer'> = {}): VerificationServer {
  return verificationServer(options);
}

/** The server of this test file, started before its tests and stopped after them. */
export function verificationServer(options: ServerOptions): VerificationServer {
  const server = new VerificationServer(options);
  beforeAll(() => server.up());
  afterEach(() => server.endOpen());
  afterAll(() => server.replayAll());
  afterAll(() => server.down());
  return server;
}

function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const path = process.env.TEMPORAL_TEST_SERVER_PATH;
  if (path === undefined) throw new Error('TEMPORAL_TEST_SERVER_PATH is not set: run node scripts/setup.mjs --tests');
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
}

async function createWorkers(
  env: TestWorkflowEnvironment,
  bundle: { codePath: string },
  options: ServerOptions['worker'],
  worldOf: (id: string) => FakeWorld,
): Promise<Worker[]> {
  const { createSession, findNotus, pollResult, ...forDocuments } = fakeActivities(worldOf, clockOf(env));
  const shared = { connection: env.nativeConnection, namespace: NAMESPACE, dataConverter: workerDataConverter };
  return Promise.all([
    QuerySafeWorker.create({
      ...shared,
      taskQueue: TASK_QUEUE,
      workflowBundle: bundle,
      activities: forDocuments,
      ...options,
    }),
    Worker.create({
      ...shared,
      taskQueue: notusTaskQueue(TASK_QUEUE),
      activities: { createSession, findNotus, pollResult },
    }),
  ]);
}

function clockOf(env: TestWorkflowEnvironment): VirtualClock {
  return {
    now: () => env.currentTimeMs(),
    pass: (milliseconds) => env.sleep(milliseconds),
    async beat(taskToken) {
      await env.connection.workflowService.recordActivityTaskHeartbeat({ namespace: NAMESPACE, taskToken });
    },
  };
}
