import { randomUUID } from 'node:crypto';
import type { VerificationHandle } from '../../src/client';
import { ClusterServer } from '../support/cluster-server';
import { PHOTOS, until, untilStage, useEndToEnd, type Place } from '../support/end-to-end';
import { flawless, judge } from '../support/verdict';
import { waiting } from '../support/verification-input';

// One after the other: the tests of this file kill parts of the server that they share.
const endToEnd = useEndToEnd(() => ClusterServer.start());
const { at } = endToEnd;

/** The nodes share the verifications, so several in each stage meet both. */
const AWAITING = ['11000000001', '11000000002', '11000000003'];
const UPLOADING = ['22000000001', '22000000002', '22000000003'];
const POLLED = ['33000000001', '33000000002', '33000000003'];
const PEOPLE = [...AWAITING, ...UPLOADING, ...POLLED];

/** Starts them all and resolves once each is in its stage, the uploads in the middle of one. */
async function inAllStages(place: Place): Promise<VerificationHandle[]> {
  const use = (people: string[], scenario: Parameters<typeof place.sandbox.use>[0]): void =>
    people.forEach((documentId) => place.sandbox.use(scenario, { documentId }));
  use(AWAITING, 'approved-at-once');
  use(UPLOADING, { name: 'approved-at-once', upload: [{ kind: 'delay' }], delayMs: 4_000 });
  use(POLLED, { name: 'looks', looks: 1 });
  await Promise.all([place.startWorker(), place.startWorker()]);
  const seen = (people: string[], operation: 'upload' | 'get'): boolean =>
    people.every((documentId) => place.sandbox.calls({ operation, documentId }).length > 0);

  const start = (documentId: string): Promise<VerificationHandle> => {
    const input = { request: { ...waiting().request, documentId } };
    return AWAITING.includes(documentId) ? place.kyc.start(randomUUID(), input) : place.startWithDocuments(input);
  };
  const awaiting = await Promise.all(AWAITING.map(start));
  await Promise.all(awaiting.map((verification) => untilStage(verification, 'awaitingDocuments')));
  const polled = Promise.all(POLLED.map(start));
  await until(() => seen(POLLED, 'get'));
  const uploading = Promise.all(UPLOADING.map(start));
  await until(() => seen(UPLOADING, 'upload'));
  return [...awaiting, ...(await uploading), ...(await polled)];
}

/** Puts the documents in that are still awaited, and expects that nobody's verification shows what happened. */
async function expectAllApproved(place: Place, verifications: VerificationHandle[]): Promise<void> {
  const awaited = verifications.slice(0, AWAITING.length);
  await Promise.all(awaited.map((verification) => verification.submitDocuments(PHOTOS)));
  const outcomes = await Promise.all(verifications.map((verification) => verification.outcome()));
  for (const [index, outcome] of outcomes.entries()) {
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 });
    const verdict = await judge(place, verifications[index]!, outcome, { documentId: PEOPLE[index]! });
    expect(verdict).toEqual(flawless());
  }
}

test.each([0, 1])(
  'A22: node %i of two killed: the other takes its verifications over, whatever their stage',
  async (node) => {
    const { cluster } = endToEnd.server;
    await at(async (place) => {
      const verifications = await inAllStages(place);

      await cluster.killNode(node);

      await expectAllApproved(place, verifications);
    })();
    await cluster.startNode(node);
  },
);

test(
  'A22: PostgreSQL crashed and back: every verification goes on, whatever its stage, and nothing is lost',
  at(async (place) => {
    const { cluster } = endToEnd.server;
    const verifications = await inAllStages(place);

    await cluster.killPostgres();
    await cluster.startPostgres();

    await expectAllApproved(place, verifications);
  }),
);

test(
  'A22: both nodes killed and back: every verification goes on, whatever its stage',
  at(async (place) => {
    const verifications = await inAllStages(place);

    await endToEnd.server.kill();
    await endToEnd.server.restart();

    await expectAllApproved(place, verifications);
  }),
);

test(
  'PostgreSQL and both nodes killed and back, as a data centre without power: every verification goes on',
  at(async (place) => {
    const { cluster } = endToEnd.server;
    const verifications = await inAllStages(place);

    await Promise.all([cluster.killPostgres(), endToEnd.server.kill()]);
    await cluster.startPostgres();
    await endToEnd.server.restart();

    await expectAllApproved(place, verifications);
  }),
);
