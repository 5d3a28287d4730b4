import { containing } from './support/matchers';
import { refusalOf } from './support/test-verification';
import { timeSkippingServer } from './support/time-skipping';
import { complete, documents, uploadedTo, waiting } from './support/verification-input';

const server = timeSkippingServer();

const NONSENSE: [string, unknown][] = [
  ['null', null],
  ['nothing', undefined],
  ['a number', 42],
  ['a string', 'documents'],
  ['an array', [documents('first')]],
  ['an empty object', {}],
  ['one side of two', { front: { uri: 'file:///store/a.jpg' } }],
  ['sides that are no objects', { front: 1, back: null }],
  ['a URI of another scheme', { ...documents('first'), front: { uri: 'ftp://host/a.jpg' } }],
  ['a URI that is a number', { ...documents('first'), front: { uri: 7 } }],
  ['bytes in place of a URI', { ...documents('first'), front: { uri: 'data:image/jpeg;base64,AAAA' } }],
  ['an endless URI', { ...documents('first'), front: { uri: `file:///${'a'.repeat(10_000)}` } }],
  ['a sha256 that is none', { ...documents('first'), front: { uri: 'file:///store/a.jpg', sha256: 'abc' } }],
  ['an extra key of a side', { ...documents('first'), front: { uri: 'file:///store/a.jpg', bytes: 'AAAA' } }],
  ['an extra side', { ...documents('first'), selfie: { uri: 'file:///store/a.jpg' } }],
  ['a mixture of kinds', { ...documents('first'), back: uploadedTo('session-1').back }],
  ['uploads to two sessions', { front: uploadedTo('session-1').front, back: uploadedTo('session-2').back }],
  ['an upload that is not said to be done', { ...uploadedTo('session-1'), front: { uploaded: false, sessionId: 'a' } }],
  ['a prototype', JSON.parse('{"__proto__":{"front":{}},"constructor":1}')],
];

test('refuses every nonsense by signal with InvalidDocuments, inspects nothing, and stays well', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  for (const [name, nonsense] of NONSENSE) {
    await verification.signal(nonsense);
    const { problem } = await verification.untilProblem('InvalidDocuments');
    expect([name, problem?.message]).toEqual([name, expect.stringContaining('documents')]);
  }

  await verification.submit(documents('good'));
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(verification.world.callsOf('inspectDocuments')).toHaveLength(1);
  expect(await verification.failedTasks()).toEqual([]);
});

test('refuses every nonsense by update with InvalidDocuments', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  const types: string[] = [];
  for (const [, nonsense] of NONSENSE) types.push((await refusalOf(verification.submit(nonsense))).type);

  expect(types).toEqual(NONSENSE.map(() => 'InvalidDocuments'));
  expect(await verification.failedTasks()).toEqual([]);
});

test('takes a signal without an argument for a refused one', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  await verification.signal();

  expect(await verification.untilProblem('InvalidDocuments')).toMatchObject({ stage: 'awaitingDocuments' });
});

test.each([
  ['of an unknown encoding', { metadata: { encoding: Buffer.from('json/martian') }, data: Buffer.from('{}') }],
  ['without an encoding', { data: Buffer.from('{}') }],
  ['of broken JSON', { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{"front":') }],
  ['of bytes that are no text', { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from([0xff, 0xfe]) }],
])('refuses a payload %s without failing a workflow task', async (_kind, payload) => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  await verification.signalUndecodable(payload);

  await verification.untilProblem('InvalidDocuments');
  expect(await verification.failedTasks()).toEqual([]);
  await verification.submit(documents('good'));
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved' });
});

test('bears a thousand nonsensical signals', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  await Promise.all(Array.from({ length: 1_000 }, (_, index) => verification.signal(index)));

  await verification.submit(documents('good'));
  expect(await verification.outcome()).toMatchObject({ outcome: 'approved', problem: null });
  expect(await verification.failedTasks()).toEqual([]);
});

test('tells no more of nonsense than where it is wrong', async () => {
  const verification = await server.start(waiting());
  await verification.untilAwaiting();

  const { message } = await refusalOf(verification.submit({ front: { uri: 'ana@example.com' }, back: 'Ana Exemplo' }));

  expect(message).toContain('documents.front.uri');
  expect(message).toContain('documents.back');
  expect(message).not.toMatch(/ana/i);
});

test.each<[string, unknown]>([
  ['null', null],
  ['nothing', undefined],
  ['a number', 5],
  ['a string', 'verify'],
  ['an array', [waiting()]],
  ['no request', {}],
  ['a request that is none', { request: null }],
  ['a policy that is none', { ...waiting(), policy: 'fast' }],
  ['documents that are none', { ...waiting(), documents: null }],
  ['documents said to be uploaded', { ...waiting(), documents: uploadedTo('session-1') }],
])('fails with InvalidRequest for %s as input, and still answers a query', async (_name, input) => {
  const verification = await server.start(input);

  expect(await verification.failure()).toMatchObject({
    type: 'InvalidRequest',
    message: containing(': '),
  });
  expect(await verification.status()).toMatchObject({
    stage: 'closed',
    sessionsCreated: 0,
    requiredDocuments: [],
    outcome: null,
  });
  expect(verification.world.calls).toEqual([]);
  expect((await verification.searchAttributes()).at(-1)?.slice(0, 2)).toEqual(['closed', 'failed']);
});

test('names every wrong field of an input at once, a line each, with what is meant', async () => {
  const { request } = complete();
  const verification = await server.start({
    request: { ...request, birthDate: '31/02/1990', documentCountry: 'BR', documentId: '123.456', nationality: 'BR' },
    policy: { resultDeadline: 'soon', maxAttempts: 0, patience: 1 },
    documents: { front: { uri: 'file:///store/a.jpg' } },
    extra: true,
  });

  const { message } = await verification.failure();

  const fields = message.split('\n').map((line) => line.split(':')[0]);
  expect(fields.sort()).toEqual([
    'documents.back',
    'extra',
    'policy.maxAttempts',
    'policy.patience',
    'policy.resultDeadline',
    'request.birthDate',
    'request.documentCountry',
    'request.documentId',
    'request.nationality',
  ]);
  expect(message).toContain('BRAZIL');
  expect(verification.world.story).toEqual(['deleteDocuments']);
});

test.each(['DRIVERS_LICENSE', 'IDENTITY_CARD'])(
  'A19: fails for a %s whose back is missing before a session is opened',
  async (documentCategory) => {
    const { request } = waiting();
    const { front } = documents('first');
    const verification = await server.start({ request: { ...request, documentCategory }, documents: { front } });

    expect(await verification.failure()).toMatchObject({
      type: 'InvalidRequest',
      message: containing('documents.back'),
    });
    expect(verification.world.story).toEqual(['deleteDocuments']);
  },
);
