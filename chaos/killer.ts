import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterServer } from '../test/support/cluster-server';
import type { Ground } from './ground';
import type { KillKind, PlannedKill } from './plan';

export interface Kill {
  kind: KillKind;
  /** Milliseconds since the epoch at which the victim was down. */
  at: number;
}

/**
 * Does each kill at its time; the next one of the same victim waits until it is back, others do not.
 * Resolves when everything is back, in the order of the plan.
 */
export async function killAll(
  planned: readonly PlannedKill[],
  ground: Ground,
  onKill: (kill: PlannedKill) => void,
  signal: AbortSignal,
): Promise<Kill[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, stop);
  const lastOf = new Map<string, Promise<unknown>>();
  let reason: Error | undefined;
  const kills = planned.map((one) => {
    const free = lastOf.get(victimOf(one));
    const kill = (async (): Promise<Kill> => {
      await sleep(one.atMs, undefined, { signal: stop });
      await free;
      await sleep(one.restMs, undefined, { signal: stop });
      const back = await strike(one, ground);
      const at = Date.now();
      onKill(one);
      await sleep(one.downMs, undefined, { signal: stop });
      await back();
      return { kind: one.kind, at };
    })();
    kill.catch((error: unknown) => {
      reason ??= error instanceof Error ? error : new Error('A kill failed.');
      failed.abort();
    });
    lastOf.set(victimOf(one), kill);
    return kill;
  });
  await Promise.allSettled(kills);
  if (reason !== undefined) throw reason;
  return Promise.all(kills);
}

/** Two kills of the same one come one after the other. */
function victimOf({ kind, worker, link }: PlannedKill): string {
  switch (kind) {
    case 'killWorker':
    case 'drainWorker':
      return `worker ${worker}`;
    case 'killServer':
    case 'killNode':
    case 'killPostgres':
      return 'server';
    case 'killSandbox':
      return 'sandbox';
    default:
      return `link ${link}`;
  }
}

/** Kills, and gives what brings the victim back. */
async function strike(planned: PlannedKill, ground: Ground): Promise<() => Promise<void>> {
  const { kind, worker, node } = planned;
  switch (kind) {
    case 'killWorker':
    case 'drainWorker': {
      const victim = ground.workers[worker];
      if (victim === undefined) throw new RangeError(`There is no worker ${worker}.`);
      if (kind === 'killWorker') await victim.kill();
      else victim.drain();
      return () => victim.start();
    }
    case 'killServer':
      await ground.server.kill();
      return () => ground.server.restart();
    case 'killNode':
    case 'killPostgres': {
      if (!(ground.server instanceof ClusterServer)) throw new RangeError('There is no cluster.');
      const { cluster } = ground.server;
      if (kind === 'killNode') await cluster.killNode(node);
      else await cluster.killPostgres();
      return () => (kind === 'killNode' ? cluster.startNode(node) : cluster.startPostgres());
    }
    case 'killSandbox':
      await ground.sandbox.kill();
      return () => ground.sandbox.start();
    default:
      if (ground.links === null) throw new RangeError('There is no link to spoil.');
      return ground.links.strike(kind, planned);
  }
}
