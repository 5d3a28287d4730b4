import { Child } from '../src/demo/child';
import { tell } from '../src/demo/screen';
import { calls } from './benchmarks/calls';
import { dbosElsewhere } from './benchmarks/dbos';
import { delay } from './benchmarks/delay';
import { encryptionCost } from './benchmarks/encryption-cost';
import { events } from './benchmarks/events';
import { hostileFiles } from './benchmarks/hostile-files';
import { knee } from './benchmarks/knee';
import { latency } from './benchmarks/latency';
import { observingCost } from './benchmarks/observing-cost';
import { rateCap } from './benchmarks/rate-cap';
import { replay } from './benchmarks/replay';
import { recovery } from './benchmarks/recovery';
import { searchAttributesCost } from './benchmarks/search-attributes-cost';
import { throughput, throughput10, throughput125 } from './benchmarks/throughput';
import { uploadMemory } from './benchmarks/upload-memory';
import { uploadThroughput } from './benchmarks/upload-throughput';
import { waiting } from './benchmarks/waiting';
import { workerOptions } from './benchmarks/worker-options';
import { Ground } from './ground';
import { describeMachine } from './machine';
import { isMet, type Benchmark, type Settings } from './measurement';
import { DEFAULT_REPEATS, readOptions, type Options } from './options';
import { renderReport } from './report/render';
import { goalShown, keep, shown, type Result } from './results';
import { median } from './statistics';

const BENCHMARKS: readonly Benchmark[] = [
  events,
  calls,
  delay,
  throughput,
  throughput10,
  throughput125,
  dbosElsewhere,
  latency,
  knee,
  uploadMemory,
  uploadThroughput,
  waiting,
  replay,
  recovery,
  rateCap,
  observingCost,
  encryptionCost,
  searchAttributesCost,
  workerOptions,
  hostileFiles,
];

/** Those that find a wrong count or gross loss within CI's two minutes. */
const QUICK: readonly Benchmark[] = [events, calls, throughput, uploadMemory, uploadThroughput];

/** Processes that want a core, from which on a machine is not quiet. */
const BUSY = 1;

async function main(): Promise<void> {
  process.once('exit', () => Child.killAll());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupted());
  const options = optionsOrUsage();
  if (options === null) return;
  const [first] = options.names;
  if (first === 'quick') return runQuick(options.settings);
  if (first === 'report') return renderReport();
  for (const benchmark of chosen(options)) {
    const result = await runOne(benchmark, options.settings);
    keep(result);
  }
}

async function interrupted(): Promise<void> {
  await Ground.endAll().finally(() => process.exit(130));
}

async function runOne(benchmark: Benchmark, asked: Settings): Promise<Result> {
  const settings = { ...asked, server: benchmark.only ?? asked.server };
  const machine = describeMachine();
  tell(`${benchmark.name}: ${benchmark.measures}`);
  tell(
    `${machine.cores} cores of ${machine.processor}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}, ` +
      `Temporal SDK ${machine.temporalSdk}, server ${settings.server}, commit ${machine.commit}, load ${machine.loadBefore}`,
  );
  if (machine.loadBefore > BUSY) tell('Other programs keep this machine busy: expect wide spreads.');
  const measured = await benchmark.run(settings);
  for (const figure of measured.figures) {
    const { goal, met } = goalShown(figure);
    console.log(`  ${figure.label}: ${shown(figure)}${goal === '' ? '' : `; goal ${goal}: ${met}`}`);
  }
  for (const condition of measured.conditions) console.log(`  (${condition})`);
  return {
    benchmark: benchmark.name,
    measures: benchmark.measures,
    server: settings.server,
    command: commandOf(benchmark, settings),
    where: benchmark.where ?? Ground.lastServer,
    machine,
    ...measured,
  };
}

function commandOf({ name }: Benchmark, { server, repeats, size }: Settings): string {
  const parts = ['npm run bench --', name, server === 'postgres' ? '--server postgres' : ''];
  if (repeats !== DEFAULT_REPEATS) parts.push(`--repeats ${repeats}`);
  if (size !== undefined) parts.push(`--size ${size}`);
  return parts.filter((part) => part !== '').join(' ');
}

/** For CI: small sizes; fails when a count is off or on gross loss, never on a time. */
async function runQuick(settings: Settings): Promise<void> {
  const broken: string[] = [];
  for (const benchmark of QUICK) {
    const { figures } = await runOne(benchmark, { ...settings, repeats: 1, quick: true });
    for (const { label, values, demand } of figures) {
      if (demand === undefined || isMet(median(values), demand)) continue;
      const wanted = 'atLeast' in demand ? `at least ${demand.atLeast}` : `at most ${demand.atMost}`;
      broken.push(`${benchmark.name}, ${label}: ${shown({ values, unit: '' })}, demanded ${wanted}`);
    }
  }
  for (const line of broken) console.log(`OFF  ${line}`);
  console.log(broken.length === 0 ? 'bench quick: nothing is off' : `bench quick: ${broken.length} figures are off`);
  if (broken.length > 0) process.exitCode = 1;
}

function chosen({ names }: Options): readonly Benchmark[] {
  return names.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name));
}

function optionsOrUsage(): Options | null {
  const known = ['quick', 'report', ...BENCHMARKS.map(({ name }) => name)];
  try {
    const options = readOptions(process.argv.slice(2));
    const unknown = options.names.find((name) => !known.includes(name));
    if (unknown === undefined) return options;
    console.error(`There is no benchmark ${unknown}.`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'Wrong options.');
  }
  console.error(`Usage: npm run bench -- [NAME…] [--server embedded|postgres] [--repeats N] [--size N]`);
  console.error(`Names: ${known.join(', ')}`);
  process.exitCode = 2;
  return null;
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
