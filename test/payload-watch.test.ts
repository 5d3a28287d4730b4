import type { MetricCounter } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import { ClientCodec, WorkerCodec } from '../src/privacy/codec';
import { KeyRing } from '../src/privacy/key-ring';
import type { Logger } from '../src/telemetry/logger';
import { watchPayloads } from '../src/telemetry/payload-watch';

const ring = (id: string, fill: number): KeyRing => KeyRing.parse(`${id}:${Buffer.alloc(32, fill).toString('base64')}`);
const counted: Record<string, number> = {};
const lines: [level: string, facts: unknown, message: string][] = [];
const logger = {
  warn: (facts: unknown, message: string) => lines.push(['warn', facts, message]),
  error: (facts: unknown, message: string) => lines.push(['error', facts, message]),
} as unknown as Logger;
const here = { type: 'workflow', namespace: 'default', workflowId: 'verification-1' } as const;

let codec: WorkerCodec;
beforeAll(() => {
  const { metricMeter } = Runtime.instance();
  jest.spyOn(metricMeter, 'createCounter').mockImplementation((name) => {
    counted[name] = 0;
    const add = (value: number): void => void (counted[name] = (counted[name] ?? 0) + value);
    const counter: MetricCounter = { name, kind: 'counter', valueType: 'int', add, withTags: () => counter };
    return counter;
  });
  codec = new WorkerCodec(ring('a', 1), watchPayloads(logger));
});
beforeEach(() => lines.splice(0));

test('a payload in clear is counted each time, and warned of once a minute at most', async () => {
  await codec.decode([{ data: Buffer.from('1') }, { data: Buffer.from('2') }], here);
  expect(counted.kyc_clear_payloads).toBe(2);
  expect(lines).toEqual([['warn', { workflowId: 'verification-1' }, expect.stringContaining('in clear')]]);
});

test('a payload under an unknown key is counted, and the log names the key', async () => {
  const others = new ClientCodec(ring('lost-key', 2));
  const payloads = await others.encode([{ data: Buffer.from('1') }], here);
  await expect(codec.decode(payloads, here)).rejects.toThrow('lost-key');
  expect(counted.kyc_unknown_encryption_keys).toBe(1);
  expect(lines).toEqual([
    ['error', { keyId: 'lost-key', workflowId: 'verification-1' }, expect.stringContaining('KYC_ENCRYPTION_KEYS')],
  ]);
});
