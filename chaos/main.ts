import { execFileSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../src/demo/child';
import { tell } from '../src/demo/screen';
import { Applicant } from './applicant';
import { gather } from './facts';
import { Ground } from './ground';
import { judge, type Judgement } from './judge';
import { killAll, type Kill } from './killer';
import { readOptions, USAGE } from './options';
import { planOf, type Plan, type PlanOptions } from './plan';
import { Progress } from './progress';
import { recoveriesFrom, recoveryLine, type Recovery } from './recovery';
import { Turns } from './turns';

/** The slowest case takes three minutes, but after four lost creates the workflow waits for an hour (`recreateWaits`). */
const LONGEST_MS = 75 * 60_000;
/** On a machine that does not keep up with the plan, further verifications wait until others are over. */
const MOST_IN_FLIGHT = 100;
const GATHER_MS = 60_000;
const GATHER_EACH_MS = 200;
/** The only worker takes longer than this to start, so what is written down sooner was its predecessor's. */
const LAST_WORDS_MS = 100;

async function main(): Promise<void> {
  const options = optionsOrUsage();
  if (options === null) return;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
  process.once('exit', () => Child.killAll());
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-chaos-'));
  try {
    const { judgement, recoveries } = await run(options, folder, interrupted.signal);
    report(options, judgement, recoveries);
    if (judgement.broken.length > 0) process.exitCode = 1;
  } catch (error) {
    process.exitCode = interrupted.signal.aborted ? 130 : 1;
    if (!interrupted.signal.aborted) console.error(`${repetition(options)}:`, error);
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
  const { seed, verifications, workers } = options;
  tell(`Seed ${seed}: ${verifications} verifications, ${options.kills} kills, ${workers} workers, commit ${commit()}.`);
  const ground = await Ground.open(folder, options);
  try {
    interrupted.throwIfAborted();
    const { kills, lives } = await strain(plan, ground, interrupted);
    const facts = await gather(lives, ground, bounded(interrupted, GATHER_MS + verifications * GATHER_EACH_MS));
    const lastWordsMs = workers === 1 ? LAST_WORDS_MS : 0;
    return { judgement: judge(facts), recoveries: recoveriesFrom(kills, facts, lastWordsMs) };
  } finally {
    await ground.close();
  }
}

/** All verifications and all kills, each at its time; verifications that do not end in time are given up. */
async function strain(
  plan: Plan,
  ground: Ground,
  interrupted: AbortSignal,
): Promise<{ kills: Kill[]; lives: Awaited<ReturnType<Applicant['live']>>[] }> {
  const failed = new AbortController();
  const stopped = AbortSignal.any([interrupted, failed.signal]);
  setMaxListeners(0, stopped);
  const progress = new Progress(plan);
  const turns = new Turns(MOST_IN_FLIGHT);
  const living = plan.verifications.map(async (planned) => {
    await sleep(planned.startAfterMs, undefined, { signal: stopped });
    const lived = await turns
      .take(() => {
        stopped.throwIfAborted();
        return new Applicant(planned, ground.kyc, ground.store, bounded(stopped, LONGEST_MS)).live();
      })
      .catch((error: unknown) => {
        if (!stopped.aborted) tell(`The callers of ${planned.id} did not expect: ${String(error)}`);
        throw error;
      });
    progress.onEnd(lived);
    return lived;
  });
  const killing = killAll(plan.kills, ground, (kill) => progress.onKill(kill), stopped);
  try {
    const [lives, kills] = await Promise.all([Promise.all(living), killing]);
    interrupted.throwIfAborted();
    return { kills, lives };
  } finally {
    progress.close();
    // Nobody may start a process again after they have been ended.
    failed.abort();
    await Promise.allSettled([killing, ...living]);
  }
}

function bounded(interrupted: AbortSignal, ms: number): AbortSignal {
  // Not `AbortSignal.timeout`: one that nobody but `any` holds is forgotten with the garbage (Node 20).
  const late = new AbortController();
  setTimeout(() => late.abort(), ms).unref();
  const signal = AbortSignal.any([interrupted, late.signal]);
  // Each verification waits in several places for it.
  setMaxListeners(0, signal);
  return signal;
}

function report(options: PlanOptions, judgement: Judgement, recoveries: Recovery[]): void {
  const { lost, doubled, unknownOrphans, possibleOrphans, orphans, broken } = judgement;
  for (const { rule, what } of broken) tell(`BROKEN ${rule}: ${what}`);
  tell(`Possible orphans told: ${possibleOrphans}; sessions at the sandbox that nobody knows the id of: ${orphans}.`);
  const [first] = broken;
  if (first !== undefined) tell(`${repetition(options)}: first broken: ${first.rule}: ${first.what}`);
  for (const kind of new Set(recoveries.map((one) => one.kind))) {
    const ofKind = recoveries.filter((one) => one.kind === kind);
    tell(`Recovery from ${ofKind.length} ${kind}: ${recoveryLine(ofKind)}`);
  }
  console.log(
    `chaos: seed ${options.seed}, ${options.verifications} verifications, ${options.kills} kills, lost ${lost}, ` +
      `doubled ${doubled}, unknown orphans ${unknownOrphans}, rules broken ${broken.length}, recovery ${recoveryLine(recoveries)}`,
  );
}

/** What it takes to do the run again. */
function repetition(options: PlanOptions): string {
  const { seed, verifications, kills, workers, links, server, nodes } = options;
  const where = server === 'postgres' ? ` --server postgres --nodes ${nodes}` : '';
  const how = `--kills ${kills} --workers ${workers}${links ? ' --links' : ''}${where}`;
  return `npm run chaos -- --seed ${seed} --verifications ${verifications} ${how}, commit ${commit()}`;
}

function commit(): string {
  try {
    const args = ['describe', '--always', '--dirty', '--exclude', '*'];
    return execFileSync('git', args, { cwd: __dirname, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function optionsOrUsage(): PlanOptions | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'Wrong options.');
    console.error(USAGE);
    process.exitCode = 2;
    return null;
  }
}

void main();
