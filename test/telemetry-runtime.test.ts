import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { Runtime } from '@temporalio/worker';
import pino from 'pino';
import { installRuntime } from '../src/telemetry/runtime';

/** What the SDK says of an activity task that it can't read: the task holds the arguments as they came. */
const OF_AN_UNREADABLE_TASK = {
  task: { start: { activityType: 'createSession', input: [{ data: Buffer.from('canary') }] } },
  taskEncoded: Buffer.from('canary').toString('base64'),
  error: new TypeError('canary'),
};

test("drops the tasks and the words of foreign errors from the SDK's log, at any level", async () => {
  const sink = new PassThrough();
  const written = createInterface(sink)[Symbol.asyncIterator]();
  installRuntime(pino({ level: 'trace', messageKey: 'message' }, sink), { host: '127.0.0.1', port: 0 });
  const { logger } = Runtime.instance();

  for (const level of ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const) {
    logger.log(level, 'Error while processing ActivityTask', OF_AN_UNREADABLE_TASK);
  }

  for (let line = 1; line <= 5; line++) {
    const { value } = (await written.next()) as { value: string };
    expect(JSON.parse(value)).toMatchObject({
      message: 'Error while processing ActivityTask',
      error: { name: 'TypeError' },
    });
    expect(value).not.toMatch(/canary|Y2FuYXJ5|99,97,110|taskEncoded|createSession/);
  }
  await Runtime.instance().shutdown();
});
