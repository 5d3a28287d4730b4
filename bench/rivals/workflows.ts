/**
 * The two rivals on Temporal, written as its documentation advises and checked once against it: message passing
 * (docs.temporal.io/develop/typescript/message-passing), polling (docs.temporal.io/design-patterns/polling, "infrequent":
 * activity retries with a fixed back-off). They do what a verification needs and nothing else.
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

/** Create, signal, two uploads, process, poll by activity retries. */
export async function bare(request: object): Promise<string> {
  return poll(await untilProcessed(request));
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
