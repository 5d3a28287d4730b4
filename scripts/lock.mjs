import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { say, SetupError } from './report.mjs';

/** Longer than a first set-up on a slow line. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** Runs `work` while no other process holds the lock file; one left behind by a dead process is taken over. */
export async function withLock(file, work) {
  await take(file);
  const release = () => rmSync(file, { force: true });
  const interrupt = () => {
    release();
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await work();
  } finally {
    release();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function take(file) {
  const giveUpAt = Date.now() + LONGEST_WAIT_MS;
  let told = false;
  while (!tryToCreate(file)) {
    const holder = holderOf(file);
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say('another set-up is at work here; waiting for it');
    told = true;
    if (Date.now() > giveUpAt) {
      throw new SetupError(`another set-up has not ended in 15 minutes: if none is running, delete ${file}.`);
    }
    await sleep(100);
  }
}

function tryToCreate(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new SetupError(`cannot write ${file} (${error.code}): make the checkout writable.`);
  }
}

/** The process id in the lock file, or nothing when the file has just gone or is just being written. */
function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
