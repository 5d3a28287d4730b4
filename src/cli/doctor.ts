import type { Command } from 'commander';
import { checksOfCertificate } from './doctor-certificate';
import type { CheckGroup } from './doctor-check';
import { checksOfEncryption } from './doctor-encryption';
import { checksOfNotus } from './doctor-notus';
import { checksOfStore } from './doctor-store';
import { checksOfTemporal } from './doctor-temporal';
import { json } from './layout';
import { RefusedError, sentenceOf, type Terminal } from './terminal';

/** What one check found; checks that could not be made are not ok. */
interface Finding {
  check: string;
  ok: boolean;
  message: string;
}

const LONGEST_CHECK_MS = 15_000;

export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description(
      'look at everything a verification needs: Temporal, workers, encryption keys, Notus and its key, the document store',
    )
    .option('--json', 'print an array of {"check","ok","message"}')
    .action(async (options: { json?: boolean }) => {
      const groups = [checksOfTemporal, checksOfCertificate, checksOfEncryption, checksOfNotus, checksOfStore];
      const findings = (await Promise.all(groups.map((group) => examine(group(terminal.env))))).flat();
      terminal.out(options.json ? json(findings) : findings.map(describe).join('\n'));
      const bad = findings.filter(({ ok }) => !ok).length;
      if (bad > 0) throw new RefusedError(`${bad} of ${findings.length} checks found something to mend.`);
    });
}

async function examine({ checks, close }: CheckGroup): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, run } of checks) findings.push({ check: name, ...(await within(run())) });
  await close();
  return findings;
}

async function within(run: Promise<string>): Promise<Omit<Finding, 'check'>> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const message = `It gave no answer within ${LONGEST_CHECK_MS / 1_000} s: check the network.`;
    timer = setTimeout(() => reject(new Error(message)), LONGEST_CHECK_MS);
  });
  try {
    return { ok: true, message: await Promise.race([run, tooLong]) };
  } catch (error) {
    return { ok: false, message: sentenceOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

function describe({ check, ok, message }: Finding): string {
  return `${ok ? 'ok ' : 'bad'}  ${check.padEnd(22)}  ${message}`;
}
