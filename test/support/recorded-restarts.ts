import type { VerificationHandle } from '../../src/client';
import { PHOTOS, photos, until, untilStage, type Place } from './end-to-end';
import { waiting } from './verification-input';

/** A way through a verification that only real processes can go. */
export interface RecordedRestart {
  ending: string;
  play: (place: Place) => Promise<VerificationHandle>;
}

/** One recording each in `test/histories`, by its name. */
export const RECORDED_RESTARTS: Record<string, RecordedRestart> = {
  'real-approved': {
    ending: 'approved',
    play: async (place) => {
      await place.startWorker();
      return place.startWithDocuments(waiting());
    },
  },
  'real-second-attempt': {
    ending: 'approved',
    play: async (place) => {
      place.sandbox.use({ name: 'rejected-once', looks: 0 });
      await place.startWorker();
      const verification = await place.kyc.start('real-second-attempt', waiting({ maxAttempts: 2 }));
      await untilStage(verification, 'awaitingDocuments');
      await verification.submitDocuments(PHOTOS);
      await until(async () => (await verification.status()).attempt === 2);
      await verification.submitDocuments(photos(3));
      return verification;
    },
  },
  'real-killed-while-creating': {
    ending: 'approved',
    play: async (place) => {
      place.sandbox.use({ name: 'approved-at-once', create: [{ kind: 'delay' }], delayMs: 4_000 });
      const worker = await place.startWorker();
      const verification = await place.startWithDocuments(waiting());
      await until(() => place.sandbox.calls({ operation: 'create' }).length === 1);
      await place.replace(worker);
      return verification;
    },
  },
  'real-killed-while-deciding': {
    ending: 'approved',
    play: async (place) => {
      place.sandbox.use({ name: 'approved-at-once', process: [{ kind: 'delay' }], delayMs: 4_000 });
      const worker = await place.startWorker();
      const verification = await place.startWithDocuments(waiting());
      await until(() => place.sandbox.calls({ operation: 'process' }).length === 1);
      await place.replace(worker);
      return verification;
    },
  },
  'real-reset-while-deciding': {
    ending: 'approved',
    play: async (place) => {
      place.sandbox.use({ name: 'looks', looks: 2 });
      await place.startWorker();
      const verification = await place.startWithDocuments(waiting());
      await until(() => place.sandbox.calls({ operation: 'get' }).length === 1);
      const { verificationId } = verification;
      await place.temporal(
        'workflow',
        'reset',
        '--workflow-id',
        verificationId,
        '--type',
        'LastWorkflowTask',
        '--reason',
        'drill',
      );
      return verification;
    },
  },
};
