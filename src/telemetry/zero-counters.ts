import type { MetricMeter, MetricTags } from '@temporalio/common';
import { ENDINGS } from '../contract';
import { COUNTERS } from '../metrics';

type Counter = keyof typeof COUNTERS;

/** Who counts decides the labels that the SDK adds. */
const WORKFLOW = { workflowType: 'individualVerification' };

const OBSTACLES = [
  'NotusKeyRefused',
  'NotusUnavailable',
  'DocumentStoreUnavailable',
  'UploadHostRefused',
  'ProtocolError',
];

/** What can be met by which activity. */
const STEPS = {
  createSession: OBSTACLES.filter((code) => code.startsWith('Notus')),
  pollResult: OBSTACLES.filter((code) => /^Notus|^Protocol/.test(code)),
  uploadDocument: ['NotusUnavailable', 'DocumentStoreUnavailable', 'UploadHostRefused', 'UploadRefused'],
  inspectDocuments: ['DocumentStoreUnavailable'],
};

/**
 * Lets the counters that alerts rest on begin at 0: Prometheus can't see the step of a counter whose first value is 1.
 * They must have the very labels of those that workflows and activities count by.
 */
export function beginAtZero(
  meter: MetricMeter,
  queues: { namespace: string; taskQueue: string; notusTaskQueue: string },
): void {
  const { namespace, taskQueue, notusTaskQueue } = queues;
  const zero = (counter: Counter, tags: MetricTags): void =>
    meter
      .createCounter(COUNTERS[counter].name, undefined, COUNTERS[counter].description)
      .add(0, { namespace, ...tags });

  const inWorkflow = { taskQueue, ...WORKFLOW };
  zero('started', inWorkflow);
  zero('possibleOrphans', inWorkflow);
  zero('documentsAccepted', inWorkflow);
  for (const outcome of ENDINGS) zero('closed', { ...inWorkflow, outcome });
  for (const reason of ['first', 'attempt', 'renewal']) zero('sessionsOpened', { ...inWorkflow, reason });
  for (const code of ['InvalidDocuments', 'DocumentUnusable', 'AlreadyRejected', 'NotAwaitingDocuments']) {
    zero('submissionsRefused', { ...inWorkflow, code });
  }
  for (const [activityType, codes] of Object.entries(STEPS)) {
    const onNotus = activityType === 'createSession' || activityType === 'pollResult';
    const inActivity = { taskQueue: onNotus ? notusTaskQueue : taskQueue, activityType };
    for (const code of codes) zero('obstacles', { ...inActivity, code });
  }
  zero('queriesRefused', { taskQueue });
  zero('polls', { taskQueue: notusTaskQueue, activityType: 'pollResult' });
  zero('processRepeated', { taskQueue: notusTaskQueue, activityType: 'pollResult' });
  zero('documentBytes', { taskQueue, activityType: 'uploadDocument' });
  zero('documentsDeleted', { taskQueue, activityType: 'deleteDocuments' });
}
