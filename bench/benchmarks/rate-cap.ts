import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from '../../src/demo/screen';
import type { SandboxCall } from '../../src/sandbox/server';
import { Ground } from '../ground';
import { inFlight } from '../load';
import { joined, type Benchmark, type Figure, type Measured, type Settings } from '../measurement';
import { putPhotos, referencesTo, request } from '../people';
import { busiest } from '../statistics';

const WORKERS = 3;
const CAPS = [5, 20];
/** The server lets a full bucket through at the start. */
const SETTLE_SECONDS = 10;

export const rateCap: Benchmark = {
  name: 'rate-cap',
  measures:
    'Calls under KYC_MAX_REQUESTS_PER_SECOND, over three workers that want many more, to a Notus that serves no more.',
  run: (settings) => run(settings),
};

async function run(settings: Settings): Promise<Measured> {
  const seconds = settings.quick ? 20 : (settings.size ?? 60);
  const rounds: Figure[][] = [];
  for (const cap of settings.quick ? [20] : CAPS) {
    for (let round = 0; round < settings.repeats; round++) {
      const found = await underLimit(settings, cap, (ground) => callsUnder(ground, cap, seconds));
      tell(`cap ${cap}/s: ${found.map(({ label, values }) => `${label} ${values[0]?.toFixed(2)}`).join(', ')}`);
      rounds.push(found);
    }
    const uncapped = await underLimit(settings, cap, (ground) => refusedWithoutCap(ground, cap, seconds));
    rounds.push([{ label: `${cap}/s served, no cap set: share of calls answered 429`, unit: '', values: [uncapped] }]);
  }
  return {
    figures: joined(rounds),
    conditions: [
      `${WORKERS} workers, ${seconds} s, 8 verifications for each call a second allowed`,
      'the sandbox answers 429 to calls beyond the cap, a second of them saved up at most',
    ],
  };
}

/** On a ground whose Notus serves so many calls a second. */
function underLimit<T>(settings: Settings, perSecond: number, body: (ground: Ground) => Promise<T>): Promise<T> {
  return Ground.with(settings, body, { SANDBOX_MAX_REQUESTS_PER_SECOND: String(perSecond) });
}

async function refusedWithoutCap(ground: Ground, cap: number, seconds: number): Promise<number> {
  const calls = await loaded(ground, cap, seconds, {});
  return calls.filter(({ status }) => status === 429).length / calls.length;
}

/** The calls to Notus of workers that never have enough. */
async function loaded(
  ground: Ground,
  cap: number,
  seconds: number,
  env: Record<string, string>,
): Promise<SandboxCall[]> {
  await Promise.all(Array.from({ length: WORKERS }, () => ground.startWorker({ brisk: true, env })));
  await ground.use({ name: 'bench', looks: 1_000_000 });
  const documents = referencesTo(putPhotos(ground.sourceFolder));
  await inFlight(cap * 8, 20, async () => {
    await ground.kyc.start(`kyc-${randomUUID()}`, { request, documents });
  });
  await sleep((SETTLE_SECONDS + seconds) * 1_000);
  return (await ground.calls()).filter(({ operation }) => operation !== 'upload');
}

async function callsUnder(ground: Ground, cap: number, seconds: number): Promise<Figure[]> {
  const calls = await loaded(ground, cap, seconds, { KYC_MAX_REQUESTS_PER_SECOND: String(cap) });
  const times = calls.map(({ at }) => Date.parse(at));
  const from = Math.min(...times) + SETTLE_SECONDS * 1_000;
  const settled = times.filter((time) => time >= from && time < from + seconds * 1_000);
  const refused = calls.filter(({ status }) => status === 429).length;
  return [
    {
      label: `cap ${cap}/s: of the cap used`,
      unit: '',
      values: [settled.length / seconds / cap],
      goal: { atLeast: 0.95 },
    },
    {
      label: `cap ${cap}/s: worst 10 s, of the cap`,
      unit: '',
      values: [busiest(times, 10_000) / 10 / cap],
      goal: { atMost: 1.11 },
      demand: { atMost: 1.25 },
    },
    { label: `cap ${cap}/s: calls answered 429`, unit: '', values: [refused] },
    { label: `cap ${cap}/s: calls in all`, unit: '', values: [calls.length] },
  ];
}
