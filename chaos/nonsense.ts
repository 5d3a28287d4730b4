import type { KycClient } from '../src/client';
import { DOCUMENTS_SUBMITTED } from '../src/contract';

const bothSides = (uri: string): object => ({ front: { uri }, back: { uri } });

/** Arguments that no caller should send. */
const NONSENSE: readonly unknown[] = [
  null,
  42,
  'photos',
  [],
  {},
  { front: 7, back: true },
  bothSides('not a URI'),
  bothSides('javascript:alert(1)'),
  bothSides('file:///etc/passwd'),
  bothSides('https://127.0.0.1:1/front.jpg'),
  bothSides('s3://nobody/front.jpg'),
  { front: { uploaded: true, sessionId: 'nobody' }, back: { uploaded: true, sessionId: 'nobody' } },
  { front: { uri: 'file:///nowhere/front.jpg', sha256: 'zz' }, back: { uploaded: true, sessionId: 'nobody' } },
  { ...bothSides('file:///nowhere/photo.jpg'), selfie: { uri: 'file:///nowhere/selfie.jpg' } },
];

/** Signals the piece of nonsense with that number; one kind of it is a payload that does not even decode. */
export async function signalNonsense({ temporal }: KycClient, workflowId: string, number: number): Promise<void> {
  const chosen = number % (NONSENSE.length + 1);
  if (chosen < NONSENSE.length) {
    await temporal.workflow.getHandle(workflowId).signal(DOCUMENTS_SUBMITTED, NONSENSE[chosen]);
    return;
  }
  const undecodable = { metadata: { encoding: Buffer.from('binary/unheard-of') }, data: Buffer.from([1, 2, 3]) };
  await temporal.workflowService.signalWorkflowExecution({
    namespace: temporal.options.namespace,
    workflowExecution: { workflowId },
    signalName: DOCUMENTS_SUBMITTED,
    input: { payloads: [undecodable] },
  });
}
