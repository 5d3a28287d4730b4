import type { VerificationHandle } from '../src/client';
import { FormUploader } from '../src/notus/upload';
import { until } from './support/end-to-end';
import { jpegImage } from './support/images';
import { useTemporal } from './support/temporal';
import { waiting } from './support/verification-input';
import { newId, withVerifications } from './support/verifications';

const temporal = useTemporal();

/** As docs/performance.md promises for one worker. */
const AT_WORK = 40;
const VERIFICATIONS = 25;

type UploadArguments = Parameters<FormUploader['upload']>;

const documents = { front: jpegImage({ seed: 1 }), back: jpegImage({ seed: 2 }) };
/** Notus approves it at the first look. */
const input = { request: { ...waiting().request, documentId: '12345671001' } };

afterEach(() => jest.restoreAllMocks());

test('uploads no more documents at a time than its memory is reckoned for, and the others after them', async () => {
  const gate = holdUploads();
  await withVerifications(temporal, ({ kyc, sandbox, withWorker }) =>
    withWorker(async () => {
      const verifications = await Promise.all(Array.from({ length: VERIFICATIONS }, () => kyc.start(newId(), input)));
      await Promise.all(verifications.map((verification) => verification.submitDocuments(documents)));
      await until(async () => gate.atWork() >= AT_WORK && (await pendingUploads(verifications)) === 2 * VERIFICATIONS);
      gate.open();
      const outcomes = await Promise.all(verifications.map((verification) => verification.outcome()));
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(VERIFICATIONS).fill('approved'));
      expect(sandbox.calls({ operation: 'upload', status: 204 })).toHaveLength(2 * VERIFICATIONS);
    }),
  );
  expect(gate.mostAtWork()).toBe(AT_WORK);

  /** Of all of them, those that wait for a place included. */
  async function pendingUploads(verifications: readonly VerificationHandle[]): Promise<number> {
    const pending = verifications.map(async ({ verificationId }) => {
      const { raw } = await temporal.client.workflow.getHandle(verificationId).describe();
      return (raw.pendingActivities ?? []).filter(({ activityType }) => activityType?.name === 'uploadDocument').length;
    });
    return (await Promise.all(pending)).reduce((sum, count) => sum + count, 0);
  }
});

/** Keeps uploads before their first byte until the gate is open, and counts those at work. */
function holdUploads(): { atWork: () => number; mostAtWork: () => number; open: () => void } {
  let [atWork, most] = [0, 0];
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const { upload } = FormUploader.prototype as {
    upload: (this: FormUploader, ...args: UploadArguments) => Promise<void>;
  };
  jest.spyOn(FormUploader.prototype, 'upload').mockImplementation(async function (this: FormUploader, ...args) {
    most = Math.max(most, ++atWork);
    await opened;
    try {
      await upload.apply(this, args);
    } finally {
      atWork -= 1;
    }
  });
  return { atWork: () => atWork, mostAtWork: () => most, open };
}
