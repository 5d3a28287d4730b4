import { randomUUID } from 'node:crypto';
import { Ground } from '../ground';
import { inFlight } from '../load';
import type { Benchmark, Figure, Measured, Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { mostLooks } from '../polls';
import { median } from '../statistics';

const VERIFICATIONS = 20;
/** Notus sees one call to open the session and one to process it besides the looks. */
const OTHER_CALLS = 2;
/** A look may come just before the decision. */
const ONE_MORE = 1;

export const calls: Benchmark = {
  name: 'calls',
  measures:
    'Calls to Notus a verification whose decision takes 1 min (counted at the sandbox) or 1 h (by the schedule).',
  run: (settings) => Ground.with(settings, (ground) => run(ground, settings)),
};

async function run(ground: Ground, { quick, size }: Settings): Promise<Measured> {
  const seconds = quick ? 10 : (size ?? 60);
  const goal = { atMost: seconds >= 3_600 ? 130 : 10 };
  const demand = { atMost: Math.min(goal.atMost, mostLooks(seconds * 1_000) + OTHER_CALLS + ONE_MORE) };
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
  const figures: Figure[] = [
    { label: `decided after ${seconds} s: median`, unit: '', values: [median(counts)] },
    { label: `decided after ${seconds} s: most`, unit: '', values: [Math.max(...counts)], goal, demand },
    {
      label: 'decided after 1 h, by the schedule: most',
      unit: '',
      values: [hour],
      goal: { atMost: 130 },
      demand: { atMost: 130 },
    },
  ];
  return { figures, conditions: [`${VERIFICATIONS} verifications at once; uploads go to S3 and are not counted`] };
}
