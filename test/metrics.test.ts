import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../src/demo/ports';
import { kill, photos, PHOTOS, until, untilStage, useEndToEnd, type Place } from './support/end-to-end';
import { documentedMetrics, familyOf, scrape, total } from './support/metrics';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

/** The labels that Temporal's SDK adds, and the bounds of a histogram. */
const OF_THE_SDK = ['namespace', 'taskQueue', 'workflowType', 'activityType', 'le'];
/** Shown only by a worker that shows Temporal a certificate. */
const ONLY_WITH_TLS = 'kyc_certificate_expiry_timestamp_seconds';
const PERSONAL = /Ana|Exemplo|15\/01\/1990|12345678909|https?:|X-Amz/;

async function approve(place: Place, id: string): Promise<void> {
  const verification = await place.kyc.start(id, { ...waiting({ maxAttempts: 2 }) });
  await untilStage(verification, 'awaitingDocuments');
  const refused = verification.submitDocuments({
    front: { uri: 'file:///elsewhere' },
    back: { uri: 'file:///elsewhere' },
  });
  await expect(refused).rejects.toThrow();
  await verification.submitDocuments(PHOTOS);
  await until(async () => (await verification.status()).attempt === 2);
  await verification.submitDocuments(photos(7));
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
}

/** The worker counts it after the server knows. */
async function untilClosed(port: number): Promise<void> {
  await until(async () => total(await scrape(port), 'kyc_verifications_closed_total') === 1);
}

test(
  'exports the metrics of docs/metrics.md, with the labels it names, and no others of its own',
  at(async (place) => {
    place.sandbox.use({ name: 'rejected-once', looks: 1 });
    const port = await freePort();
    await place.startWorker({ KYC_METRICS_ADDRESS: `127.0.0.1:${port}` });

    await approve(place, `metrics-${randomUUID()}`);

    await untilClosed(port);
    const documented = documentedMetrics();
    const exported = (await scrape(port)).filter(({ name }) => name.startsWith('kyc_'));
    const expected = [...documented.keys()].filter((name) => name !== ONLY_WITH_TLS);
    expect([...new Set(exported.map(familyOf))].sort()).toEqual(expected.sort());
    const strangeLabels = exported.flatMap((sample) => {
      const known = [...(documented.get(familyOf(sample)) ?? []), ...OF_THE_SDK];
      return Object.keys(sample.labels).filter((label) => !known.includes(label));
    });
    expect(strangeLabels).toEqual([]);
    expect(exported.map(({ labels }) => Object.values(labels).join()).filter((text) => PERSONAL.test(text))).toEqual(
      [],
    );

    expect(total(exported, 'kyc_verifications_started_total')).toBe(1);
    expect(total(exported, 'kyc_verifications_closed_total', { outcome: 'approved' })).toBe(1);
    expect(total(exported, 'kyc_sessions_opened_total', { reason: 'first' })).toBe(1);
    expect(total(exported, 'kyc_sessions_opened_total', { reason: 'attempt' })).toBe(1);
    expect(total(exported, 'kyc_sessions_opened_total', { reason: 'renewal' })).toBe(0);
    expect(total(exported, 'kyc_submissions_refused_total')).toBe(1);
    expect(total(exported, 'kyc_documents_accepted_total')).toBe(4);
    expect(total(exported, 'kyc_documents_deleted_total')).toBe(4);
    expect(total(exported, 'kyc_decision_duration_seconds_count', { decision: 'rejected' })).toBe(1);
    expect(total(exported, 'kyc_notus_call_duration_seconds_count', { operation: 'upload', status: '2xx' })).toBe(4);
    const calls = place.sandbox.calls({ operation: 'get' }).length;
    expect(total(exported, 'kyc_polls_total')).toBe(calls);
    expect(total(exported, 'kyc_notus_call_duration_seconds_count', { operation: 'get' })).toBe(calls);
  }),
);

test(
  'counts nothing again when another worker replays the history',
  at(async (place) => {
    place.sandbox.use('approved-at-once');
    const worker = await place.startWorker();
    const verification = await place.kyc.start(`replayed-${randomUUID()}`, waiting());
    await untilStage(verification, 'awaitingDocuments');
    await kill(worker);
    const port = await freePort();
    await place.startWorker({ KYC_METRICS_ADDRESS: `127.0.0.1:${port}` });

    await verification.submitDocuments(PHOTOS);
    await verification.outcome();

    await untilClosed(port);
    const exported = await scrape(port);
    expect(total(exported, 'kyc_verifications_started_total')).toBe(0);
    expect(total(exported, 'kyc_sessions_opened_total')).toBe(0);
    expect(total(exported, 'kyc_stage_duration_seconds_count', { stage: 'creatingSession' })).toBe(0);
    expect(total(exported, 'kyc_verifications_closed_total')).toBe(1);
  }),
);

interface Line {
  level: string;
  message: string;
  verificationId?: string;
}

test(
  'logs a clean verification in a handful of lines, none of them a warning, each with its verification',
  at(async (place) => {
    place.sandbox.use({ name: 'looks', looks: 3 });
    await place.startWorker();
    const id = `logged-${randomUUID()}`;
    const verification = await place.kyc.start(id, waiting());
    await untilStage(verification, 'awaitingDocuments');
    await verification.submitDocuments(PHOTOS);
    await verification.outcome();

    const read = (): Line[] =>
      readFileSync(join(place.folder, 'worker.log'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line);
    // The worker tells it after the server knows.
    await until(() => read().some(({ message }) => message.startsWith('Verification: closed')));
    const lines = read();
    const ready = lines.findIndex(({ message }) => message === 'worker ready');
    const told = lines.slice(ready + 1).map(({ level, message, verificationId }) => [level, verificationId, message]);
    expect(told).toHaveLength(7);
    expect(told.sort()).toEqual(
      [
        'Notus has accepted the documents',
        'Notus has approved the session',
        'Notus has opened a session',
        'Verification: awaitingDocuments',
        'Verification: closed, approved',
        'Verification: uploadingDocuments',
        'Verification: verifying',
      ].map((message) => ['info', id, message]),
    );
    const ofNotus = lines.filter(({ message }) => message.startsWith('Notus has'));
    for (const line of ofNotus) {
      expect(line).toMatchObject({
        traceId: expect.any(String) as string,
        activity: expect.any(String) as string,
        try: expect.any(Number) as number,
      });
    }
    expect(lines.find(({ message }) => message === 'Verification: verifying')).toMatchObject({
      stage: 'verifying',
      attempt: 1,
    });
  }),
);
