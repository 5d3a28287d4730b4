import { inputProblems } from '../src/validation/input';
import { requestProblems } from '../src/validation/request';
import { NATIONALITIES } from '../src/validation/vocabulary';
import { rightInput } from './support/validation-input';

const CANARY = 'CANARY7391';
const problems = (of: Record<string, unknown>): string[] => requestProblems({ ...rightInput().request, ...of });
const lineOf = (field: string): string => expect.stringMatching(`^request\\.${field}: must be `) as string;

test('takes a request that is right in every field', () => {
  expect(problems({})).toEqual([]);
});

test('takes the seven fields that the reference requires, alone', () => {
  const { firstName, lastName, birthDate, documentCategory, documentCountry, documentId, livenessRequired } =
    rightInput().request;
  const names = { firstName, lastName, birthDate, livenessRequired };
  expect(requestProblems({ ...names, documentCategory, documentCountry, documentId })).toEqual([]);
});

test.each([
  ...['firstName', 'lastName', 'birthDate', 'documentCategory', 'documentCountry', 'documentId', 'livenessRequired'],
])('refuses a request without %s', (field) => {
  expect(problems({ [field]: undefined })).toEqual([lineOf(field)]);
});

test.each(['firstName', 'lastName', 'email', 'address', 'city', 'state', 'postalCode'])(
  'refuses %s unless it is a text with something in it',
  (field) => {
    for (const value of ['', '   ', 7, null, {}, ['a']]) expect(problems({ [field]: value })).toEqual([lineOf(field)]);
  },
);

test.each(['nationality', 'email', 'address', 'city', 'state', 'postalCode'])('%s may be left out', (field) => {
  expect(problems({ [field]: undefined })).toEqual([]);
});

test.each([undefined, null, 'text', 7, [], true])('refuses %j in the place of a request', (request) => {
  expect(requestProblems(request)).toEqual(["request: must be an object with the fields of Notus's create call"]);
});

test('A7: keys that Notus may come to require are let through, whatever they hold', () => {
  expect(problems({ motherName: CANARY, tags: [1, { deep: null }] })).toEqual([]);
});

test('gives one line for each wrong field', () => {
  const lines = inputProblems({ request: { ...rightInput().request, firstName: '', documentId: '1a', state: 7 } });
  expect(lines).toEqual([lineOf('firstName'), lineOf('documentId'), lineOf('state')]);
});

describe('birthDate', () => {
  test.each(['15/01/1990', '1990-01-15', '29/02/2000', '2000-02-29', '31/12/1999', '0099-12-31'])(
    'takes %s',
    (birthDate) => {
      expect(problems({ birthDate })).toEqual([]);
    },
  );

  test.each([
    ...['31/02/1990', '1990-02-30', '29/02/1900', '29/02/2023', '00/01/1990', '01/13/1990', '01/00/1990'],
    ...['1990-13-01', '0000-01-01', '1/1/1990', '90-01-15', '15-01-1990', '1990/01/15', '15/01/90', ''],
    ...['15/01/1990\n', ' 15/01/1990', '1990-01-15T00:00:00Z', '１５/01/1990', 19900115, null, new Date(0)],
  ])('refuses %j', (birthDate) => {
    expect(problems({ birthDate })).toEqual([lineOf('birthDate')]);
  });
});

describe('documentId', () => {
  test.each(['0', '12345678909', '123456789', '9'.repeat(40)])('takes %s', (documentId) => {
    expect(problems({ documentId })).toEqual([]);
  });

  test.each([
    'AB123456',
    'AB123',
    '123AB',
    '123.456.789-09',
    '123 456',
    '123\n',
    '\n123',
    '',
    '１２３',
    '-1',
    12,
    null,
  ])('A2: refuses %j, naming documentId', (documentId) => {
    expect(problems({ documentId })).toEqual([lineOf('documentId')]);
  });
});

describe('documentCategory', () => {
  test.each(['PASSPORT', 'DRIVERS_LICENSE', 'IDENTITY_CARD'])('takes %s', (documentCategory) => {
    expect(problems({ documentCategory })).toEqual([]);
  });

  test.each([
    ['passport', 'PASSPORT'],
    ['DRIVER_LICENSE', 'DRIVERS_LICENSE'],
    ['identity card', 'IDENTITY_CARD'],
    ['IDENTITY', 'IDENTITY_CARD'],
  ])('refuses %s, says what is allowed, and suggests %s', (documentCategory, suggestion) => {
    expect(problems({ documentCategory })).toEqual([
      'request.documentCategory: must be one of PASSPORT, DRIVERS_LICENSE, IDENTITY_CARD; ' +
        `did you mean ${suggestion}?`,
    ]);
  });
});

describe('documentCountry', () => {
  test.each(['BRAZIL', 'COSTA_RICA', 'IRAN', 'BOSNIA_AND_HERZEGOVINA', 'SOMEWHERE_NEW'])('takes %s', (country) => {
    expect(problems({ documentCountry: country })).toEqual([]);
  });

  test.each([
    ['BR', 'BRAZIL'],
    ['BRA', 'BRAZIL'],
    ['Brazil', 'BRAZIL'],
    ['BRASIL ', 'BRAZIL'],
    ['costa rica', 'COSTA_RICA'],
    ['Argentina', 'ARGENTINA'],
  ])('A8: refuses %j and suggests %s', (documentCountry, suggestion) => {
    const [line, ...others] = problems({ documentCountry });
    expect(line).toMatch(/^request\.documentCountry: must be BRAZIL or another country in upper snake case/);
    expect(line).toContain(`did you mean ${suggestion}?`);
    expect(others).toEqual([]);
  });

  test.each([
    'US',
    'USA',
    'US_A',
    'A_B',
    '_BRAZIL',
    'BRAZIL_',
    'COSTA__RICA',
    'BRAZIL\n',
    'BRAZ1L',
    'ÁUSTRIA',
    7,
    null,
  ])('refuses %j', (documentCountry) => {
    expect(problems({ documentCountry })).toEqual([lineOf('documentCountry')]);
  });
});

describe('nationality', () => {
  test('takes each of the 194 values of Notus, by its own spelling', () => {
    expect(new Set(NATIONALITIES).size).toBe(194);
    for (const nationality of NATIONALITIES) expect(problems({ nationality })).toEqual([]);
  });

  test.each(['ANTIGUANS', 'MOSOTHO', 'MOTSWANA', 'EMIRIAN', 'NEWZEALANDER', 'YEMENITE', 'DJIBOUTI'])(
    'keeps the odd spelling %s',
    (nationality) => {
      expect(NATIONALITIES).toContain(nationality);
    },
  );

  test.each([
    ['BRASILIAN', 'BRAZILIAN'],
    ['Brazilian', 'BRAZILIAN'],
    ['BRAZIL', 'BRAZILIAN'],
    ['NEW_ZEALANDER', 'NEWZEALANDER'],
  ])('refuses %s and suggests %s', (nationality, suggestion) => {
    expect(problems({ nationality })[0]).toMatch(
      new RegExp(`^request\\.nationality: must be one of Notus's 194 values.*did you mean ${suggestion}\\?$`),
    );
  });

  test.each(['ENGLISH', 'TURKMEN', '', null, 7])('refuses %j', (nationality) => {
    expect(problems({ nationality })).toEqual([lineOf('nationality')]);
  });
});

test.each([0, 1, 'true', 'false', null, {}])('refuses %j for livenessRequired', (livenessRequired) => {
  expect(problems({ livenessRequired })).toEqual([lineOf('livenessRequired')]);
});

test('A24: no line holds what was given', () => {
  const fields = Object.keys(rightInput().request);
  const given = Object.fromEntries(fields.map((field) => [field, field === 'firstName' ? [CANARY] : { is: CANARY }]));
  expect(requestProblems(given)).toHaveLength(fields.length);
  expect(requestProblems(given).join('\n')).not.toContain(CANARY);
  for (const field of fields) expect(problems({ [field]: `${CANARY}!` }).join('\n')).not.toContain(CANARY);
});
