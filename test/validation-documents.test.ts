import type { DocumentCategory, Side } from '../src/contract';
import { requiredSides } from '../src/contract';
import { documentsProblems } from '../src/validation/documents';
import { inputProblems } from '../src/validation/input';
import { rightInput } from './support/validation-input';

const CANARY = 'canary7391';
const BOTH: Side[] = ['front', 'back'];
const FILE = { uri: 'file:///docs/side.jpg' };
const UPLOADED = { uploaded: true, sessionId: 's-1' };

test.each([
  ['references', { front: FILE, back: { uri: 's3://bucket/key', sha256: 'A'.repeat(64) } }, BOTH],
  ['web references', { front: { uri: 'https://host/a' }, back: { uri: 'https://host/b' } }, BOTH],
  ['sides of one session', { front: UPLOADED, back: UPLOADED }, BOTH],
  ['a passport with its photo page', { front: FILE }, ['front']],
] as [string, unknown, Side[]][])('takes %s', (_, documents, needed) => {
  expect(documentsProblems(documents, needed)).toEqual([]);
});

test.each([
  ['a side that is missing', { front: FILE }, ['documents.back: missing; this document category needs it']],
  ['no side at all', {}, [expect.stringContaining('front: missing'), expect.stringContaining('back: missing')]],
  [
    'a reference and an upload',
    { front: FILE, back: UPLOADED },
    ['documents: all sides must be of one kind, and uploaded ones of one session'],
  ],
  [
    'uploads to two sessions',
    { front: UPLOADED, back: { uploaded: true, sessionId: 's-2' } },
    ['documents: all sides must be of one kind, and uploaded ones of one session'],
  ],
  [
    'an unknown side',
    { front: FILE, back: FILE, selfie: FILE },
    ['documents.selfie: unknown field; allowed here: front, back'],
  ],
  [
    'an unknown key of a side',
    { front: { ...FILE, bytes: CANARY }, back: FILE },
    ['documents.front.bytes: unknown field; allowed here: uri, sha256'],
  ],
  [
    'a reference that says uploaded, too',
    { front: { ...UPLOADED, uri: 'file:///a' }, back: UPLOADED },
    ['documents.front.uri: unknown field; allowed here: uploaded, sessionId'],
  ],
] as [string, unknown, unknown[]][])('refuses %s', (_, documents, lines) => {
  expect(documentsProblems(documents, BOTH)).toEqual(lines);
});

test('refuses a side that the category has no use for', () => {
  expect(documentsProblems({ front: FILE, back: FILE }, ['front'])).toEqual([
    'documents.back: not needed for this document category; leave it out',
  ]);
});

test.each([null, undefined, 7, 'file:///a', [FILE, FILE], true])(
  'refuses %j in the place of documents',
  (documents) => {
    expect(documentsProblems(documents, BOTH)).toEqual(['documents: must be an object with front and back']);
  },
);

test.each([null, 7, 'file:///a', [FILE], true])('refuses %j in the place of a side', (front) => {
  expect(documentsProblems({ front, back: FILE }, BOTH)).toEqual([
    'documents.front: must be { "uri", "sha256"? } or { "uploaded": true, "sessionId" }',
  ]);
});

test.each([
  ...['', 'front.jpg', '/docs/front.jpg', 'ftp://host/a', 'data:image/jpeg;base64,/9j/', 'javascript:alert(1)'],
  ...['file:/docs/front.jpg', ' file:///docs/front.jpg', `https://host/${'a'.repeat(2_048)}`, 7, null, {}],
])('refuses %j as a URI', (uri) => {
  expect(documentsProblems({ front: { uri }, back: FILE }, BOTH)).toEqual([
    'documents.front.uri: must be a file://, s3:// or https:// URI of the document, never the document itself',
  ]);
});

test.each(['', 'a'.repeat(63), 'a'.repeat(65), 'g'.repeat(64), `${'a'.repeat(64)}\n`, 7, null])(
  'refuses %j as a sha256',
  (sha256) => {
    expect(documentsProblems({ front: { ...FILE, sha256 }, back: FILE }, BOTH)).toEqual([
      'documents.front.sha256: must be 64 hexadecimal digits',
    ]);
  },
);

test.each([
  [{ uploaded: false, sessionId: 's-1' }, 'uploaded: must be true'],
  [{ uploaded: 'true', sessionId: 's-1' }, 'uploaded: must be true'],
  [{ uploaded: true }, 'sessionId: must be the id'],
  [{ uploaded: true, sessionId: '' }, 'sessionId: must be the id'],
  [{ uploaded: true, sessionId: 'a'.repeat(201) }, 'sessionId: must be the id'],
  [{ uploaded: true, sessionId: 7 }, 'sessionId: must be the id'],
])('refuses %j as an upload', (front, line) => {
  expect(documentsProblems({ front, back: UPLOADED }, BOTH)).toEqual([
    expect.stringContaining(`documents.front.${line}`),
  ]);
});

describe('in the input', () => {
  const problems = (documents: unknown, documentCategory: DocumentCategory): string[] => {
    const { request } = rightInput();
    return inputProblems({ request: { ...request, documentCategory }, documents });
  };

  test.each(['IDENTITY_CARD', 'DRIVERS_LICENSE'] as const)(
    'A19: a %s without its back is refused, before anything is spent',
    (category) => {
      expect(problems({ front: FILE }, category)).toEqual(['documents.back: missing; this document category needs it']);
      expect(requiredSides(category)).toEqual(BOTH);
    },
  );

  test('a PASSPORT needs its front alone', () => {
    expect(problems({ front: FILE }, 'PASSPORT')).toEqual([]);
    expect(problems({ front: FILE, back: FILE }, 'PASSPORT')).toHaveLength(1);
  });

  test('nothing can have been uploaded before there is a session', () => {
    expect(problems({ front: UPLOADED, back: UPLOADED }, 'IDENTITY_CARD')).toEqual([
      'documents: at the start there is no session yet, so give references (uri)',
    ]);
  });

  test('documents may be left out, but not be null', () => {
    expect(problems(undefined, 'PASSPORT')).toEqual([]);
    expect(problems(null, 'PASSPORT')).toEqual(['documents: must be an object with front']);
  });
});

test('A24: no line holds what was given', () => {
  const sides = [
    { uri: CANARY },
    { uri: 'file:///a', sha256: CANARY },
    { uploaded: CANARY, sessionId: { is: CANARY } },
    CANARY,
    [CANARY],
  ];
  for (const front of sides) {
    const lines = documentsProblems({ front, back: FILE }, BOTH);
    expect(lines).not.toEqual([]);
    expect(lines.join('\n')).not.toContain(CANARY);
  }
});
