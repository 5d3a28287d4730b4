import path from 'node:path';
import { Child, type ChildOptions } from './child';
import { tell } from './screen';

const RESTART_AFTER_MS = 1_000;
/** The demonstration's calls are short, so a worker asked to stop has nothing long to finish. */
const STOP_GRACE_MS = 4_000;

/** Keeps a real worker process running, and starts another when somebody kills it to see what happens. */
export class WorkerKeeper {
  private child: Child;
  private stopping = false;

  constructor(private readonly options: ChildOptions) {
    this.child = this.start();
  }

  get pid(): number {
    return this.child.pid;
  }

  get ready(): Promise<void> {
    return this.child.ready;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.child.stop(STOP_GRACE_MS);
  }

  private start(): Child {
    const child = new Child(process.execPath, [path.join(__dirname, '..', 'worker.js')], this.options);
    void child.ready.then(
      () => void child.exited.then(() => this.replace()),
      () => undefined,
    );
    return child;
  }

  private replace(): void {
    if (this.stopping) return;
    tell(`The worker is gone; another starts in ${RESTART_AFTER_MS / 1_000} s and goes on where it was.`);
    setTimeout(() => {
      if (this.stopping) return;
      this.child = this.start();
      void this.child.ready.then(
        () => tell(`Worker ready again, process ${this.pid}`),
        (error: unknown) => tell(error instanceof Error ? error.message : 'The worker does not start.'),
      );
    }, RESTART_AFTER_MS);
  }
}
