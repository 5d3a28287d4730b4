import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildOptions } from '../src/demo/child';

/** A worker that is started while the server is down ends by itself; whoever runs it starts it again, as here. */
const STARTS = 60;
const START_AGAIN_AFTER_MS = 500;

/** A program of ours that is killed and started again; it notices when the program ends unasked. */
export class KeptProcess {
  /** How often it ended by itself after it was ready. */
  unaskedEnds = 0;
  /** How often it was asked to end and did not come to an end with exit code 0. */
  unorderlyEnds = 0;
  private child: Child | undefined;
  private leaving = false;

  constructor(
    /** The program's file, and what comes before and after it. */
    private readonly args: readonly string[],
    private readonly options: ChildOptions,
  ) {}

  /** Starts it, again as often as need be, and resolves when it is ready. */
  async start(): Promise<void> {
    for (let start = 1; !this.leaving; start++) {
      const child = new Child(process.execPath, this.args, this.options);
      this.child = child;
      try {
        await child.ready;
        void child.exited.then(() => this.startUnasked(child));
        return;
      } catch (error) {
        await child.stop(0);
        if (start === STARTS) throw error;
      }
      await sleep(START_AGAIN_AFTER_MS);
    }
  }

  /** Without mercy; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.letGo();
    child?.kill('SIGKILL');
    await child?.exited;
  }

  /** Asks it to end; what it has in hand it finishes, while another may be started already. */
  drain(): void {
    const child = this.letGo();
    child?.kill('SIGTERM');
    void child?.exited.then((code) => {
      if (!this.leaving && code !== 0) this.unorderlyEnds += 1;
    });
  }

  /** From now on it is neither missed nor started again. */
  leave(): void {
    this.leaving = true;
  }

  private letGo(): Child | undefined {
    const { child } = this;
    this.child = undefined;
    return child;
  }

  private startUnasked(child: Child): void {
    if (this.leaving || child !== this.child) return;
    this.unaskedEnds += 1;
    void this.start().catch(() => undefined);
  }
}
