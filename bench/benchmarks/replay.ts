import { readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workerDataConverter } from '../../src/data-converter';
import type { Benchmark, Measured, Settings } from '../measurement';

/** The checkout: this file runs from `lib/checks/bench/benchmarks`. */
const ROOT = path.resolve(__dirname, '..', '..', '..', '..');
const HISTORY = 'approved-update';

export const replay: Benchmark = {
  name: 'replay',
  measures: 'Processor time to make a verification anew from its history, as a worker does that has none in its cache.',
  where: 'no Temporal server',
  run,
};

async function run({ repeats, quick, size }: Settings): Promise<Measured> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'off' } } });
  const history = historyFromJSON(
    JSON.parse(readFileSync(path.join(ROOT, 'test', 'histories', `${HISTORY}.json`), 'utf8')),
  );
  const count = quick ? 50 : (size ?? 300);
  const options = {
    workflowBundle: { codePath: path.join(ROOT, 'lib', 'workflow-bundle.js') },
    dataConverter: workerDataConverter,
  };
  const round = async (): Promise<number> => {
    const histories = Array.from({ length: count }, (_, index) => ({ workflowId: `replay-${index}`, history }));
    const before = process.cpuUsage();
    for await (const { error } of Worker.runReplayHistories(options, histories)) if (error) throw error;
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / count;
  };
  // The first round only warms up.
  await round();
  const values: number[] = [];
  while (values.length < repeats) values.push(await round());
  return {
    figures: [{ label: 'processor time a replay', unit: 'ms', values }],
    conditions: [`the recorded history ${HISTORY}, ${count} times a round`],
  };
}
