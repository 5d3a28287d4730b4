import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { UNDECODABLE } from '../payload-converter';
import { finalFailure } from './obstacles';

/** Ends an activity whose arguments were tampered with on their way, so that the verification fails for it. */
export const refuseUnreadable: ActivityInterceptorsFactory = () => ({
  inbound: {
    execute(input, next) {
      if (!input.args.includes(UNDECODABLE)) return next(input);
      const message = 'The arguments of this step were altered in Temporal: find out who can write to its database.';
      throw finalFailure('ProtocolError', message);
    },
  },
});
