/**
 * The rivals on Temporal: what a verification needs and nothing else. Checked once against its documentation, as far as
 * stored excerpts of it go: message passing (docs.temporal.io/develop/typescript/message-passing), polling
 * (docs.temporal.io/design-patterns/polling). The bare one polls by activity retries, which that page advises for waits of
 * a minute and more, as Notus's are in life; for the one second of the benchmark it advises `loopInside`, a loop inside
 * the activity, which costs the server less and holds a slot of the worker for as long as Notus takes.
 */
import { condition, defineSignal, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import type { Activities } from './activities';

export interface Documents {
  front: string;
  back: string;
}

export const documentsSubmitted = defineSignal<[Documents]>('documentsSubmitted');

const { createSession, upload, process, getStatus } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

const { poll } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 1 },
});

const { pollInside } = proxyActivities<Activities>({ startToCloseTimeout: '1 day', heartbeatTimeout: '5 seconds' });

/** Create, signal, two uploads, process, poll by activity retries. */
export async function bare(request: object): Promise<string> {
  return poll(await untilProcessed(request));
}

/** The same with the looks inside one activity. */
export async function loopInside(request: object): Promise<string> {
  return pollInside(await untilProcessed(request));
}

/** The same with the loop of status activity and sleep that tutorials show. */
export async function sleepLoop(request: object): Promise<string> {
  const id = await untilProcessed(request);
  for (;;) {
    const status = await getStatus(id);
    if (['COMPLETED', 'FAILED', 'EXPIRED'].includes(status)) return status;
    await sleep('1 second');
  }
}

async function untilProcessed(request: object): Promise<string> {
  let documents: Documents | undefined;
  setHandler(documentsSubmitted, (submitted) => void (documents = submitted));
  const session = await createSession(request);
  await condition(() => documents !== undefined);
  const { front, back } = documents as unknown as Documents;
  await Promise.all([upload(session.front, front), upload(session.back, back)]);
  await process(session.id);
  return session.id;
}
