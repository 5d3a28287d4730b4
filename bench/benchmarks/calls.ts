import { randomUUID } from 'node:crypto';
import type { SandboxCall } from '../../src/sandbox/server';
import { Ground } from '../ground';
import { inFlight } from '../load';
import type { Benchmark, Figure, Measured, Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { mostLooks } from '../polls';
import { median, percentile } from '../statistics';

const VERIFICATIONS = 20;
/** Notus sees one call to open the session and one to process it besides the looks. */
const OTHER_CALLS = 2;

export const calls: Benchmark = {
  name: 'calls',
  measures:
    'Calls to Notus a verification whose decision takes 1 min (counted at the sandbox) or 1 h (by the schedule).',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { quick, size }: Settings): Promise<Measured> {
  const seconds = quick ? 10 : (size ?? 60);
  const most = { atMost: seconds >= 3_600 ? 130 : 10 };
  await ground.startWorker();
  await ground.use({ name: 'bench', seconds });
  const documents = referencesTo(putPhotos(ground.sourceFolder));
  await inFlight(VERIFICATIONS, VERIFICATIONS, async () => {
    const verification = await ground.kyc.start(`kyc-${randomUUID()}`, { request, documents });
    await verification.outcome();
  });
  const ofSessions = [...(await ground.callsOfSessions()).values()];
  const counts = ofSessions.map(({ length }) => length);
  const hour = mostLooks(3_600_000) + OTHER_CALLS;
  const late = ofSessions.flatMap(lateness);
  const figures: Figure[] = [
    { label: `decided after ${seconds} s: median`, unit: '', values: [median(counts)] },
    { label: `decided after ${seconds} s: most`, unit: '', values: [Math.max(...counts)], goal: most, demand: most },
    {
      label: 'decided after 1 h, by the schedule: most',
      unit: '',
      values: [hour],
      goal: { atMost: 130 },
      demand: { atMost: 130 },
    },
    { label: 'retry timer of the server later than asked for: median', unit: 'ms', values: [median(late)] },
    {
      label: 'retry timer of the server later than asked for: 95 of 100',
      unit: 'ms',
      values: [percentile(late, 0.95)],
    },
  ];
  return { figures, conditions: [`${VERIFICATIONS} verifications at once; uploads go to S3 and are not counted`] };
}

/** How much longer than the schedule's shortest the waits between looks were; its jitter is part of it. */
function lateness(ofOne: readonly SandboxCall[]): number[] {
  const times = ofOne
    .filter(({ operation }) => operation === 'process' || operation === 'get')
    .map(({ at }) => Date.parse(at));
  return times.slice(1).map((time, index) => time - (times[index] ?? time) - Math.min(2_000 * 1.5 ** index, 30_000));
}
