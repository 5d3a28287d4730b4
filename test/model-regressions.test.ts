/** Sequences of the model that once led elsewhere than the contract says, made as small as they get. */
import { cancels, creates, type ModelCommand } from './support/model-commands';
import { play } from './support/model-sequences';
import { timeSkippingServer } from './support/time-skipping';

const server = timeSkippingServer();

test.each<[string, ModelCommand[], 'recreate' | 'fail', number]>([
  ['lost and no session is left', [cancels(), creates('lost')], 'recreate', 1],
  ['lost and the policy opens no other', [cancels(), creates('lost')], 'fail', 2],
  ['refused as invalid', [cancels(), creates('invalid')], 'recreate', 2],
])('ends as cancelled when the create in flight is %s', async (_how, commands, ambiguousCreate, maxSessions) => {
  const policy = { maxAttempts: 1, maxSessions, sessionTiming: 'eager' as const, ambiguousCreate };

  await expect(play(server, { policy, input: 'a' }, commands)).resolves.toBeUndefined();
});
