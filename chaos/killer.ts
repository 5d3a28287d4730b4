import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from './ground';
import type { KillKind, PlannedKill } from './plan';

export interface Kill {
  kind: KillKind;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Does one kill after the other; the next is due when the last one's victim is back. */
export async function killAll(
  planned: readonly PlannedKill[],
  ground: Ground,
  tell: (message: string) => void,
  signal: AbortSignal,
): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (const { kind, afterMs, worker, downMs } of planned) {
    await sleep(afterMs, undefined, { signal });
    const at = Date.now();
    const back = await strike(kind, ground, worker);
    tell(`${kind}, ${kills.length + 1} of ${planned.length}`);
    await sleep(downMs, undefined, { signal });
    await back();
    kills.push({ kind, at });
  }
  return kills;
}

/** Kills, and gives what brings the victim back. */
async function strike(kind: KillKind, ground: Ground, worker: number): Promise<() => Promise<void>> {
  const victim = ground.workers[worker];
  if (victim === undefined) throw new RangeError(`There is no worker ${worker}.`);
  switch (kind) {
    case 'killWorker':
      await victim.kill();
      return () => victim.start();
    case 'drainWorker':
      victim.drain();
      return () => victim.start();
    case 'killServer':
      await ground.server.kill();
      return () => ground.server.restart();
    case 'killSandbox':
      await ground.sandbox.kill();
      return () => ground.sandbox.start();
  }
}
