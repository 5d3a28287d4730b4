import { execFileSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Child } from '../src/demo/child';
import { tell } from '../src/demo/screen';
import { Applicant } from './applicant';
import { gather } from './facts';
import { Ground } from './ground';
import { judge, type Judgement } from './judge';
import { killAll, type Kill } from './killer';
import { readOptions } from './options';
import { planOf, type Plan, type PlanOptions } from './plan';
import { recoveriesFrom, recoveryLine, type Recovery } from './recovery';

/** How long the last verification may take after its start; the slowest case takes two minutes. */
const LAST_ONE_MS = 240_000;
const GATHER_MS = 60_000;

async function main(): Promise<void> {
  const options = optionsOrUsage();
  if (options === null) return;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
  process.once('exit', () => Child.killAll());
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-chaos-'));
  try {
    const { judgement, recoveries } = await run(options, folder, interrupted.signal);
    report(options, judgement, recoveries, folder);
    if (judgement.broken.length > 0) process.exitCode = 1;
  } catch (error) {
    process.exitCode = interrupted.signal.aborted ? 130 : 1;
    if (!interrupted.signal.aborted) console.error(`Seed ${options.seed}, commit ${commit()}:`, error);
  }
  if (process.exitCode === 1) tell(`Logs and data are kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  process.exit();
}

async function run(
  options: PlanOptions,
  folder: string,
  interrupted: AbortSignal,
): Promise<{ judgement: Judgement; recoveries: Recovery[] }> {
  const plan = planOf(options);
  tell(`Seed ${options.seed}: ${options.verifications} verifications, ${options.kills} kills.`);
  const ground = await Ground.open(folder);
  try {
    interrupted.throwIfAborted();
    const { kills, lives } = await strain(plan, ground, interrupted);
    const facts = await gather(lives, ground, bounded(interrupted, GATHER_MS));
    return { judgement: judge(facts), recoveries: recoveriesFrom(kills, facts) };
  } finally {
    await ground.close();
  }
}

/** All verifications and all kills at once; verifications that do not end in time are given up. */
async function strain(
  { verifications, kills, spanMs }: Plan,
  ground: Ground,
  interrupted: AbortSignal,
): Promise<{ kills: Kill[]; lives: Awaited<ReturnType<Applicant['live']>>[] }> {
  const failed = new AbortController();
  const stopped = AbortSignal.any([interrupted, failed.signal]);
  const signal = bounded(stopped, spanMs + LAST_ONE_MS);
  let ended = 0;
  const living = verifications.map(async (planned) => {
    const lived = await new Applicant(planned, ground.kyc, ground.store, signal).live();
    ended += 1;
    tell(
      `${planned.id} (${planned.case.scenario}): ${lived.answer?.ending ?? 'no end'}, ${ended} of ${verifications.length}`,
    );
    return lived;
  });
  const killing = killAll(kills, ground, tell, stopped);
  try {
    const [lives, done] = await Promise.all([Promise.all(living), killing]);
    interrupted.throwIfAborted();
    return { kills: done, lives };
  } finally {
    // Nobody may start a process again after they have been ended.
    failed.abort();
    await Promise.allSettled([killing, ...living]);
  }
}

function bounded(interrupted: AbortSignal, ms: number): AbortSignal {
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(ms)]);
  // Each verification waits in several places for it.
  setMaxListeners(0, signal);
  return signal;
}

function report(options: PlanOptions, judgement: Judgement, recoveries: Recovery[], folder: string): void {
  const { lost, doubled, unknownOrphans, possibleOrphans, orphans, broken } = judgement;
  for (const { rule, what } of broken) tell(`BROKEN ${rule}: ${what}`);
  tell(`Possible orphans told: ${possibleOrphans}; sessions at the sandbox that nobody knows the id of: ${orphans}.`);
  const [first] = broken;
  if (first !== undefined) tell(`Seed ${options.seed}, commit ${commit()}: first broken: ${first.rule}: ${first.what}`);
  if (first !== undefined) tell(`Look into ${folder}`);
  for (const kind of new Set(recoveries.map((one) => one.kind))) {
    const ofKind = recoveries.filter((one) => one.kind === kind);
    tell(`Recovery from ${ofKind.length} ${kind}: ${recoveryLine(ofKind)}`);
  }
  console.log(
    `chaos: seed ${options.seed}, ${options.verifications} verifications, ${options.kills} kills, lost ${lost}, ` +
      `doubled ${doubled}, unknown orphans ${unknownOrphans}, rules broken ${broken.length}, recovery ${recoveryLine(recoveries)}`,
  );
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: __dirname, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function optionsOrUsage(): PlanOptions | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'Wrong options.');
    console.error('Usage: npm run chaos -- --seed S --verifications N --kills K');
    process.exitCode = 2;
    return null;
  }
}

void main();
