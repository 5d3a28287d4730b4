import { coresdk } from '@temporalio/proto';
import { Runtime, Worker } from '@temporalio/worker';
import { QUERY_AHEAD } from './contract';
import { COUNTERS } from './metrics';

type Run = Parameters<Worker['handleActivation']>[0];
type Task = Parameters<Worker['handleActivation']>[1];
type Handled = Awaited<ReturnType<Worker['handleActivation']>>;
type Activation = Task['activation'];

/** How much of its history a run has taken in. */
interface Position {
  length: number;
  /** The size in bytes that the server wrote into the task; 0 on a server that writes none. */
  sizeAtTask: string;
  /** When the task was started, by the server's clock. */
  taskTime: string;
}

/** The server must not be waited for longer when a query is at stake. */
const DESCRIBE_MS = 2_000;

/**
 * A worker that refuses a query which brings the workflow events that no workflow task has come for yet.
 *
 * Temporal hands a query to a worker with whatever is in the history by then. The SDK (1.24.0) plays the newer events
 * alone and at an older clock, keeps the workflow in that state, and goes on from there with the next task; every later
 * replay plays them together with all else that came for that task. If both ways differ in their commands, the run can
 * never be replayed again. So the query fails, the worker forgets the run, and whoever asked asks again; the next task
 * finds the history as it is. Only a run that was ended by force is let through: no task comes for it any more.
 *
 * Left over is a task that another worker began and lost: its events look like those of a task that was done.
 */
export class QuerySafeWorker extends Worker {
  private readonly positions = new WeakMap<NonNullable<Run>, Position>();

  protected override async handleActivation(run: Run, task: Task): Promise<Handled> {
    const { activation } = task;
    const position = positionAfter(activation);
    const before = run && this.positions.get(run);
    if (position && before && isAhead(position, before) && (await this.isOpen(run))) {
      this.countRefusal();
      return { state: run, output: { close: false, completion: refusal(activation.runId) } };
    }
    const handled = await super.handleActivation(run, task);
    if (position && handled.state) this.positions.set(handled.state, afterwards(position, activation, handled));
    return handled;
  }

  private countRefusal(): void {
    const { name, description } = COUNTERS.queriesRefused;
    const { namespace, taskQueue } = this.options;
    Runtime.instance().metricMeter.createCounter(name, undefined, description).add(1, { namespace, taskQueue });
  }

  private async isOpen({ info }: NonNullable<Run>): Promise<boolean> {
    const { workflowId, runId, namespace } = info;
    const connection = this._connection;
    if (connection === undefined) return true;
    try {
      const { workflowExecutionInfo } = await connection.withDeadline(Date.now() + DESCRIBE_MS, () =>
        connection.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId, runId } }),
      );
      return !workflowExecutionInfo?.closeTime;
    } catch {
      return true;
    }
  }
}

/** Null for what brings no events: queries, and the order to forget the run. */
function positionAfter({ jobs, historyLength, historySizeBytes, timestamp }: Activation): Position | null {
  const bringsEvents = jobs.some(({ queryWorkflow, removeFromCache }) => !queryWorkflow && !removeFromCache);
  if (!bringsEvents) return null;
  const taskTime = `${String(timestamp?.seconds)}.${timestamp?.nanos}`;
  return { length: historyLength, sizeAtTask: String(historySizeBytes), taskTime };
}

/** The server drops a task that came for updates alone and refused them all, and core forgets its two events. */
function afterwards(position: Position, { jobs }: Activation, { output }: Handled): Position {
  if (!output.completion || !jobs.every(({ doUpdate }) => doUpdate)) return position;
  const { successful } = coresdk.workflow_completion.WorkflowActivationCompletion.decodeDelimited(output.completion);
  const isDropped = successful?.commands?.every(({ updateResponse }) => updateResponse?.rejected) ?? false;
  return isDropped ? { ...position, length: position.length - 2 } : position;
}

/** Each workflow task has a size and a time of its own, so events that come with the old ones came without a task. */
function isAhead(position: Position, before: Position): boolean {
  const isOfSameTask = position.sizeAtTask === before.sizeAtTask && position.taskTime === before.taskTime;
  return isOfSameTask && position.sizeAtTask !== '0' && position.length > before.length;
}

function refusal(runId: string): Uint8Array {
  const failure = {
    message: QUERY_AHEAD,
    source: 'durable-kyc-worker',
    applicationFailureInfo: { type: 'QueryAhead' },
  };
  return coresdk.workflow_completion.WorkflowActivationCompletion.encodeDelimited({
    runId,
    failed: { failure },
  }).finish();
}
