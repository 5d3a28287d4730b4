import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FolderStore } from '../../src/documents/folder-store';
import { DocumentAccess } from '../../src/documents/sources';
import { HOSTILE_FILES, inspectWatched } from '../../test/support/hostile-files';
import type { Benchmark, Measured, Settings } from '../measurement';

const MIB = 1024 * 1024;

export const hostileFiles: Benchmark = {
  name: 'hostile-files',
  measures: 'What the inspection of hostile files takes: all of the table in test/support, each refused.',
  where: 'no Temporal server',
  run,
};

interface Round {
  refused: number;
  slowestMs: number;
  mostMiB: number;
}

/** In this process, since nothing but the inspection is measured. */
async function run({ repeats }: Settings): Promise<Measured> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-bench-'));
  try {
    const rounds: Round[] = [];
    for (let round = 0; round < repeats; round++) rounds.push(await inspectAll(folder));
    const all = HOSTILE_FILES.length;
    return {
      figures: [
        {
          label: 'hostile files refused',
          unit: '',
          values: rounds.map(({ refused }) => refused),
          goal: { atLeast: all },
          demand: { atLeast: all },
        },
        { label: 'slowest refusal', unit: 'ms', values: rounds.map(({ slowestMs }) => slowestMs) },
        {
          label: 'most memory in buffers for one',
          unit: 'MiB',
          values: rounds.map(({ mostMiB }) => mostMiB),
          goal: { atMost: 16 },
        },
      ],
      conditions: [`${all} files of up to 1 MiB, one after the other, from a folder`],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inspectAll(folder: string): Promise<Round> {
  const access = new DocumentAccess(new FolderStore(folder), []);
  const round: Round = { refused: 0, slowestMs: 0, mostMiB: 0 };
  for (const [, bytes] of HOSTILE_FILES) {
    const file = path.join(folder, 'document.jpg');
    writeFileSync(file, bytes);
    const began = performance.now();
    const { refusal, mostMemory } = await inspectWatched(access, pathToFileURL(file).href);
    round.slowestMs = Math.max(round.slowestMs, performance.now() - began);
    round.mostMiB = Math.max(round.mostMiB, mostMemory / MIB);
    if (refusal?.name === 'DocumentRefusedError') round.refused += 1;
  }
  return round;
}
