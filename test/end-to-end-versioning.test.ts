import { randomUUID } from 'node:crypto';
import type { VerificationHandle } from '../src/client';
import { Deployment } from './support/deployment';
import { PHOTOS, until, untilStage, useEndToEnd, type Place } from './support/end-to-end';
import { kyc } from './support/kyc-command';
import { flawless, judge } from './support/verdict';
import { waiting } from './support/verification-input';

const { at } = useEndToEnd();

const { request } = waiting();
const PEOPLE = { waits: '12345670001', uploads: '12345670002', polls: '12345670003' };

type Begun = Record<keyof typeof PEOPLE, VerificationHandle>;

/** One verification that waits for documents, one in the middle of its upload, one between two looks. */
async function oneInEachStage(place: Place): Promise<Begun> {
  place.sandbox.use('approved-at-once');
  place.sandbox.use({ name: 'held', upload: [{ kind: 'delay' }], delayMs: 4_000 }, { documentId: PEOPLE.uploads });
  place.sandbox.use({ name: 'looks', looks: 3 }, { documentId: PEOPLE.polls });
  const begun = {
    waits: await place.kyc.start(randomUUID(), { request: { ...request, documentId: PEOPLE.waits } }),
    uploads: await place.startWithDocuments({ request: { ...request, documentId: PEOPLE.uploads } }),
    polls: await place.startWithDocuments({ request: { ...request, documentId: PEOPLE.polls } }),
  };
  await untilStage(begun.waits, 'awaitingDocuments');
  await until(() => place.sandbox.calls({ operation: 'get' }).length > 0);
  await until(() => place.sandbox.calls({ operation: 'upload', effect: 'stored' }).length === 4);
  return begun;
}

/** All of them end approved, without a call too many, and these builds worked on each, in this order. */
async function expectApproved(
  begun: Begun,
  { place, deployment, builds }: { place: Place; deployment: Deployment; builds: string[] },
): Promise<void> {
  const outcomes = {
    waits: await begun.waits.outcome(),
    uploads: await begun.uploads.outcome(),
    polls: await begun.polls.outcome(),
  };
  for (const stage of ['waits', 'uploads', 'polls'] as const) {
    const outcome = outcomes[stage];
    expect(outcome).toMatchObject({ outcome: 'approved', sessionsCreated: 1, possibleOrphanSessions: 0 });
    expect(await judge(place, begun[stage], outcome, { documentId: PEOPLE[stage] })).toEqual(flawless());
    expect(await deployment.buildsOf(begun[stage])).toEqual(builds);
  }
}

test.concurrent(
  'another build takes over verifications of each stage, and hands them back when it is rolled back',
  at(async (place) => {
    const deployment = new Deployment(place);
    const first = await deployment.startWorker('build-1');
    await deployment.makeCurrent('build-1');
    const begun = await oneInEachStage(place);

    const second = await deployment.startWorker('build-2');
    await deployment.makeCurrent('build-2');
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);

    await begun.waits.submitDocuments(PHOTOS);
    await expectApproved(begun, { place, deployment, builds: ['build-1', 'build-2'] });

    const documentId = '12345670004';
    const verification = await place.kyc.start(documentId, { request: { ...request, documentId } });
    await untilStage(verification, 'awaitingDocuments');
    await deployment.startWorker('build-1');
    await deployment.makeCurrent('build-1');
    second.kill('SIGTERM');
    expect(await second.exited).toBe(0);
    await verification.submitDocuments(PHOTOS);

    const outcome = await verification.outcome();
    expect(await judge(place, verification, outcome, { documentId })).toEqual(flawless());
    expect(await deployment.buildsOf(verification)).toEqual(['build-2', 'build-1']);
  }),
  120_000,
);

test.concurrent(
  'verifications that a worker without a version began go on in the first build that is made current',
  at(async (place) => {
    const deployment = new Deployment(place);
    const unversioned = await place.startWorker();
    const begun = await oneInEachStage(place);

    await deployment.startWorker('build-1');
    await deployment.makeCurrent('build-1');
    unversioned.kill('SIGTERM');
    expect(await unversioned.exited).toBe(0);

    await begun.waits.submitDocuments(PHOTOS);
    await expectApproved(begun, { place, deployment, builds: ['', 'build-1'] });
  }),
  120_000,
);

test.concurrent(
  'a build that is not current takes nothing on, and says which command changes that',
  at(async (place) => {
    const deployment = new Deployment(place);
    await deployment.startWorker('build-1');
    await until(() => place.workerSaid(/Build build-1 is not the current version .*none is current/));
    await until(() => place.workerSaid(`set-current-version --namespace default --deployment-name ${deployment.name}`));
    const verification = await place.startWithDocuments({ request: { ...request, documentId: PEOPLE.polls } });

    const { out } = await kyc(['doctor'], place.clientEnv);
    const command = `set-current-version --namespace default --deployment-name ${deployment.name} --build-id build-1`;
    expect(out.split('\n').filter((line) => line.startsWith('bad  workers') && line.includes(command))).toHaveLength(2);

    await deployment.makeCurrent('build-1');
    expect((await kyc(['doctor'], place.clientEnv)).out).toMatch(/^ok {3}workers .*\nok {3}workers for Notus /m);
    expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });

    await deployment.startWorker('build-2');
    await until(() => place.workerSaid(/Build build-2 is not the current version .*the current one is build-1/));
  }),
);
