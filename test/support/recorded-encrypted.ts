import { PHOTOS, untilStage } from './end-to-end';
import type { RecordedRestart } from './recorded-restarts';
import { complete, waiting } from './verification-input';

/** What the encrypted recordings are encrypted with; a payload opens under its own verification id alone. */
export const RECORDING_KEYS = `recording:${Buffer.alloc(32, 'recording').toString('base64')}`;

/** One recording each in `test/histories`, by its name, which is the verification id as well. */
export const RECORDED_ENCRYPTED: Record<string, RecordedRestart> = {
  'encrypted-approved': {
    ending: 'approved',
    play: async (place) => {
      place.sandbox.use({ name: 'looks', looks: 1 });
      await place.startWorker();
      const documents = await place.putPhotos('encrypted-approved', PHOTOS);
      return place.kyc.start('encrypted-approved', { ...waiting(), documents });
    },
  },
  'encrypted-submitted': {
    ending: 'approved',
    play: async (place) => {
      place.sandbox.use('approved-at-once');
      await place.startWorker();
      const verification = await place.kyc.start('encrypted-submitted', waiting());
      await untilStage(verification, 'awaitingDocuments');
      await verification.submitDocuments(PHOTOS);
      return verification;
    },
  },
  'encrypted-failed': {
    ending: 'DocumentUnusable',
    play: async (place) => {
      await place.startWorker();
      return place.kyc.start('encrypted-failed', complete());
    },
  },
};
