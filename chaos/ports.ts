import { randomInt } from 'node:crypto';
import { freePort } from '../src/demo/ports';

/** Below those that Linux draws for outgoing connections, so that nobody takes it while its owner is down. */
const FIRST = 12_000;
const LAST = 30_000;

/** A free port of the loopback address for what is killed and started again at the same place. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const wanted = randomInt(FIRST, LAST);
    if ((await freePort(wanted)) === wanted) return wanted;
  }
}
