import { Context } from '@temporalio/activity';
import { LIMITS } from '../limits';
import { UNDECODABLE } from '../payload-converter';

/** What any activity remembers between its attempts. */
export interface Memory {
  /** The attempt that wrote this. */
  attempt: number;
  /** Milliseconds since the epoch at which the present outage was met first. */
  troubleSince?: number;
}

/**
 * One attempt of the running activity: what earlier attempts left in the heartbeat details, and the beating that shows
 * that this worker lives. Details outlive a failed attempt; those of a killed one may be lost.
 */
export class Attempt<M extends Memory = Memory> {
  private readonly context = Context.current();
  readonly info = this.context.info;
  readonly signal = this.context.cancellationSignal;
  /** Milliseconds since the epoch. */
  readonly startedAt = Date.now();
  /** What the last attempt that told anything left; undefined if none did, or if it can't be read. */
  readonly before = readable(this.info.heartbeatDetails) as M | undefined;
  /** What is known now: by an earlier schedule, by earlier attempts, and by this one. */
  facts: Partial<M>;

  constructor(inherited: Partial<M> = {}) {
    this.facts = { ...inherited, ...this.before };
  }

  /** Sets what a beat during the call will say, in case this attempt never tells how it ended. */
  assume(facts: Partial<M>): void {
    this.facts = { ...this.facts, ...facts };
  }

  /** Keeps facts for the attempts to come, besides those already kept. */
  remember(facts: Partial<M>): void {
    this.assume(facts);
    this.beat();
  }

  /** Beats until the call ends; a call that ended because the activity was cancelled ends it as cancelled. */
  async during<T>(call: Promise<T>): Promise<T> {
    try {
      return await this.toItsEnd(call);
    } catch (error) {
      if (this.signal.aborted) throw await this.context.cancelled.catch((cancelled: unknown) => cancelled);
      throw error;
    }
  }

  /** The same for a call that cancellation does not end, so that how it ended is told in any case. */
  async toItsEnd<T>(call: Promise<T>): Promise<T> {
    const timer = setInterval(() => this.beat(), LIMITS.heartbeatEvery);
    try {
      return await call;
    } finally {
      clearInterval(timer);
    }
  }

  private beat(): void {
    if (!this.info.isLocal) this.context.heartbeat({ ...this.facts, attempt: this.info.attempt });
  }
}

function readable(details: unknown): unknown {
  return details === UNDECODABLE ? undefined : details;
}
