import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

const MIB_OF_KIB = 1 / 1_024;
/** Clock ticks a second of `/proc/PID/stat`, the same on all Linux builds (proc(5), sysconf(3)). */
const TICKS = 100;

/** MiB of memory that a process holds now. */
export const memoryOf = (pid: number): number => statusOf(pid, 'VmRSS') * MIB_OF_KIB;

/** MiB that all of them hold now; what they share is counted once (proc(5), Pss). */
export const memoryOfAll = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + fieldOf(`/proc/${pid}/smaps_rollup`, 'Pss') * MIB_OF_KIB, 0);

/** The most MiB it ever held, or since `forgetPeak`. */
export const peakOf = (pid: number): number => statusOf(pid, 'VmHWM') * MIB_OF_KIB;

/** Begins the peak anew (proc(5): 5 into clear_refs). */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Seconds of processor time that a process has used. */
export function cpuOf(pid: number): number {
  // User and system time are the 14th and 15th field, counted from before the name, which may hold blanks.
  const fields = statText(String(pid)).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** How many files below the folder a process has open. */
export function openFilesIn(folder: string, pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

/** The processes that name the folder in their command line, and all that they have started. */
export function familyOf(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const parents = new Map(pids.map((pid) => [Number(pid), Number(statText(pid).split(' ')[1])]));
  const family = new Set(pids.filter((pid) => commandLine(pid).includes(folder)).map(Number));
  // A child may come before its parent in the list.
  for (let size = -1; size !== family.size;) {
    size = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return [...family];
}

/** What follows the name in `/proc/PID/stat`; empty for a process that has just ended. */
function statText(pid: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

const statusOf = (pid: number, name: string): number => fieldOf(`/proc/${pid}/status`, name);

function fieldOf(file: string, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
  return Number(line?.[1]);
}
