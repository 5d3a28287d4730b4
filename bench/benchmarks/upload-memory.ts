import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DOCUMENTS_SUBMITTED } from '../../src/contract';
import { tell } from '../../src/demo/screen';
import { Ground } from '../ground';
import { inFlight } from '../load';
import type { Benchmark, Measured, Settings } from '../measurement';
import { PHOTO_BYTES, putPhotos, referencesTo, request } from '../people';
import { forgetPeak, memoryOf, openFilesIn, peakOf } from '../process-facts';

const LARGEST = 26_214_400;
const SETTLE_MS = 3_000;
const SAMPLE_MS = 20;

export const uploadMemory: Benchmark = {
  name: 'upload-memory',
  measures: 'Memory of a worker that uploads 50 documents of 25 MiB at once, beyond its idle state.',
  run: (settings) => run(settings),
};

interface Peak {
  beyondIdle: number;
  beyondWarm: number;
  openAtOnce: number;
  seconds: number;
}

async function run(settings: Settings): Promise<Measured> {
  const documents = settings.quick ? 20 : (settings.size ?? 50);
  const peaks: Peak[] = [];
  for (let round = 0; round < settings.repeats; round++) {
    const peak = await Ground.with(settings, (ground) => uploadAll(ground, documents));
    tell(
      `${peak.beyondIdle.toFixed(0)} MiB beyond idle, ${peak.beyondWarm.toFixed(0)} beyond warm, ` +
        `${peak.openAtOnce} open at once, ${peak.seconds.toFixed(1)} s`,
    );
    peaks.push(peak);
  }
  const goal = { atMost: 80 };
  return {
    figures: [
      {
        label: 'most memory beyond a worker that has done small ones',
        unit: 'MiB',
        values: peaks.map((peak) => peak.beyondWarm),
        goal,
        demand: { atMost: 160 },
      },
      {
        label: 'most memory beyond a worker just started',
        unit: 'MiB',
        values: peaks.map((peak) => peak.beyondIdle),
        goal,
      },
      { label: 'documents open at once', unit: '', values: peaks.map((peak) => peak.openAtOnce) },
    ],
    conditions: [`${documents} documents of 25 MiB, all submitted at once; inspection included`],
  };
}

async function uploadAll(ground: Ground, documents: number): Promise<Peak> {
  const worker = await ground.startWorker();
  await sleep(SETTLE_MS);
  const idle = memoryOf(worker.pid);
  await ground.use('approved-at-once');
  const small = referencesTo(putPhotos(ground.sourceFolder, PHOTO_BYTES));
  await inFlight(30, 30, async () => {
    await (await ground.kyc.start(`small-${randomUUID()}`, { request, documents: small })).outcome();
  });
  const large = referencesTo(putPhotos(ground.sourceFolder, LARGEST));
  const ids = Array.from({ length: Math.ceil(documents / 2) }, () => `large-${randomUUID()}`);
  await Promise.all(ids.map((id) => ground.kyc.start(id, { request })));
  await Promise.all(ids.map((id) => untilAwaiting(ground, id)));
  await sleep(SETTLE_MS);
  const warm = memoryOf(worker.pid);
  forgetPeak(worker.pid);
  let openAtOnce = 0;
  const sampling = setInterval(
    () => (openAtOnce = Math.max(openAtOnce, openFilesIn(ground.sourceFolder, worker.pid))),
    SAMPLE_MS,
  );
  const began = performance.now();
  await Promise.all(ids.map((id) => ground.client.workflow.getHandle(id).signal(DOCUMENTS_SUBMITTED, large)));
  await Promise.all(ids.map((id) => ground.kyc.get(id).outcome()));
  clearInterval(sampling);
  const peak = peakOf(worker.pid);
  const seconds = (performance.now() - began) / 1_000;
  return { beyondIdle: peak - idle, beyondWarm: peak - warm, openAtOnce, seconds };
}

async function untilAwaiting(ground: Ground, id: string): Promise<void> {
  for await (const { stage } of ground.kyc.get(id).watch()) if (stage === 'awaitingDocuments') return;
}
