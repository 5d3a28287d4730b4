import { randomUUID } from 'node:crypto';
import type { NotusClient } from '../notus/client';
import { Attempt } from './attempt';
import { situationOf } from './failures';
import { obstacleFailure, type Watch } from './obstacles';

/**
 * Ends once Notus answers a look at a session that can't exist as it should. It tells that Notus is well again, without
 * opening a session to find out.
 */
export function findNotus(notus: Pick<NotusClient, 'getSession'>) {
  return async ({ watch }: { watch: Watch }): Promise<void> => {
    const attempt = new Attempt();
    try {
      await attempt.during(notus.getSession(randomUUID(), attempt.signal));
    } catch (error) {
      const situation = situationOf(error, 'get');
      if (situation.kind === 'gone') return;
      if (situation.kind === 'obstacle') throw obstacleFailure(situation.obstacle, watch, attempt);
      throw error;
    }
    const message = 'Notus answers a look at a session that cannot exist with a session.';
    throw obstacleFailure({ code: 'ProtocolError', kind: 'outage', message }, watch, attempt);
  };
}
