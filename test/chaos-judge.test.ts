import type { Facts, VerificationFacts } from '../chaos/facts';
import { judge } from '../chaos/judge';
import { recoveriesFrom, recoveryLine } from '../chaos/recovery';
import { readOptions } from '../chaos/options';
import { planOf, type PlanOptions } from '../chaos/plan';
import { approvedFacts, call } from './support/chaos-facts';

/** The rules that one verification breaks, and how often each. */
function brokenBy(changes: Partial<VerificationFacts>, run: Partial<Omit<Facts, 'verifications'>> = {}) {
  const verification = { ...approvedFacts(), ...changes };
  return judge({ verifications: [verification], leftInStore: [], unaskedEnds: 0, unorderlyEnds: 0, ...run });
}

const names = ({ broken }: ReturnType<typeof judge>): string[] => broken.map(({ rule }) => rule);

test('finds nothing wrong with a verification that went as it should', () => {
  expect(brokenBy({})).toEqual({
    lost: 0,
    doubled: 0,
    unknownOrphans: 0,
    possibleOrphans: 0,
    orphans: 0,
    broken: [],
  });
});

test('catches a process that was posted twice', () => {
  const { calls } = approvedFacts();
  const repeated = call(5, { operation: 'process', effect: 'repeated' });

  const judgement = brokenBy({ calls: [...calls, repeated] });

  expect(names(judgement)).toEqual(['process once']);
  expect(judgement.doubled).toBe(1);
  expect(judgement.broken[0]?.what).toContain('chaos-1-1');
});

test('catches a decision on a session that was never processed, as when the log of calls is lost', () => {
  expect(names(brokenBy({ calls: [] }))).toEqual(['process once']);
});

test('catches a verification that Temporal knows nothing of', () => {
  expect(names(brokenBy({ events: [], silence: 'no such workflow' }))).toEqual(['one ending']);
});

test('allows process to be posted again when Notus still says PENDING 30 s after accepting', () => {
  const { planned, calls } = approvedFacts();
  const statusLag = { ...planned, case: { ...planned.case, scenario: 'status-lag', suffix: '1007' } };
  const again = (afterMs: number): VerificationFacts['calls'] => [
    ...calls,
    call(5, { operation: 'get', effect: 'looked' }, 2_000),
    call(6, { operation: 'process', effect: 'repeated' }, afterMs),
  ];

  expect(names(brokenBy({ planned: statusLag, calls: again(31_000) }))).toEqual([]);
  expect(names(brokenBy({ planned: statusLag, calls: again(29_000) }))).toEqual(['process once']);
  expect(names(brokenBy({ calls: again(31_000) }))).toEqual(['process once']);
});

test('catches a process that came before an upload', () => {
  const seqs: Record<string, number> = { back: 4, process: 3 };
  const early = approvedFacts().calls.map((one) => ({ ...one, seq: seqs[one.side ?? one.operation] ?? one.seq }));

  const judgement = brokenBy({ calls: early });

  expect(names(judgement)).toEqual(['process after the uploads']);
  expect(judgement.broken[0]?.what).toContain('before its back');
});

test('catches an outcome that never came', () => {
  const events = approvedFacts().events.slice(0, -1);

  const judgement = brokenBy({ events, answer: null, answerLater: null });

  expect(names(judgement)).toEqual(['one ending', 'callers are answered']);
  expect(judgement.lost).toBe(1);
});

test('catches an outcome that its scenario does not allow, and one that differs from caller to caller', () => {
  const cancelled = { ending: 'cancelled', outcome: null };

  expect(names(brokenBy({ answer: cancelled, answerLater: cancelled }))).toEqual(['the ending of its scenario']);
  expect(names(brokenBy({ answer: cancelled }))).toEqual(['callers are answered']);
});

test('catches a history that a worker could not go on from', () => {
  expect(names(brokenBy({ divergence: 'another command' }))).toEqual(['its history replays']);
});

test('catches a second ending', () => {
  const { events } = approvedFacts();

  expect(names(brokenBy({ events: [...events, ...events.slice(-1)] }))).toEqual(['one ending']);
});

test("catches bytes at Notus that are not the applicant's", () => {
  const { calls, sessions } = approvedFacts();
  const wrong = calls.map((one) => (one.side === 'front' ? { ...one, sha256: 'f0' } : one));
  const decided = sessions.map((one) => ({ ...one, uploads: { ...one.uploads, front: 'f0' } }));

  const judgement = brokenBy({ calls: wrong, sessions: decided });

  expect(names(judgement)).toEqual(["the applicant's documents", "the applicant's documents"]);
});

test('catches a session that the verification did not count, and lets one pass that it did', () => {
  const { sessions, answerLater } = approvedFacts();
  const two = [...sessions, ...sessions.map((one) => ({ ...one, id: 'orphan' }))];
  const outcome = { ...answerLater!.outcome!, possibleOrphanSessions: 1 };
  const counted = { ending: 'approved', outcome };

  expect(brokenBy({ sessions: two })).toMatchObject({
    unknownOrphans: 1,
    broken: [{ rule: 'no uncounted session' }],
  });
  expect(brokenBy({ sessions: two, answer: counted, answerLater: counted })).toMatchObject({
    unknownOrphans: 0,
    possibleOrphans: 1,
    orphans: 1,
    broken: [],
  });
});

test('catches a session that the verification tells of and nobody opened', () => {
  const { answerLater } = approvedFacts();
  const tale = { ending: 'approved', outcome: { ...answerLater!.outcome!, sessionsCreated: 2 } };

  expect(names(brokenBy({ answer: tale, answerLater: tale }))).toEqual(['no uncounted session']);
});

test('catches a failed workflow task, save one that a message of a caller overtook', () => {
  const { events } = approvedFacts();
  const failed = (cause: string) => ({ type: 'WORKFLOW_TASK_FAILED', at: 0, cause });

  const judgement = brokenBy({ events: [failed('NON_DETERMINISTIC_ERROR'), ...events] });

  expect(names(judgement)).toEqual(['no failed workflow task']);
  expect(names(brokenBy({ events: [failed('UNHANDLED_COMMAND'), ...events] }))).toEqual([]);
});

test('catches a document that was left in the store', () => {
  expect(names(brokenBy({}, { leftInStore: ['8a1f'] }))).toEqual(['no document left']);
});

test('catches a worker that ended by itself, and one that did not end in order when it was asked to', () => {
  expect(names(brokenBy({}, { unaskedEnds: 1 }))).toEqual(['no unasked end']);
  expect(names(brokenBy({}, { unorderlyEnds: 1 }))).toEqual(['an orderly end']);
});

test('measures from each kill to the next call or step of work, whatever verification it is of', () => {
  const { calls, events } = approvedFacts();
  const at = (ms: number) => call(9, { operation: 'get', effect: 'looked' }, ms);
  const start = Date.parse(at(0).at);
  const verification = {
    ...approvedFacts(),
    calls: [...calls, at(500), at(9_000)],
    events: [
      ...events,
      { type: 'WORKFLOW_EXECUTION_SIGNALED', at: start + 1_001, cause: null },
      { type: 'WORKFLOW_EXECUTION_COMPLETED', at: start + 20_000, cause: null },
    ],
  };

  const recoveries = recoveriesFrom(
    [1_000, 400, 9_500, -5_000].map((ms) => ({ kind: 'killWorker', at: start + ms })),
    { verifications: [verification] },
  );

  expect(recoveries.map(({ tookMs }) => tookMs)).toEqual([8_000, 100]);
  expect(recoveryLine(recoveries)).toBe('p50 0.10 s p95 8.00 s max 8.00 s');
  expect(recoveryLine([])).toBe('p50 - p95 - max -');
});

test('takes what is written down right after a kill for the last words of its victim', () => {
  const { calls, events } = approvedFacts();
  const at = (ms: number) => call(9, { operation: 'get', effect: 'looked' }, ms);
  const start = Date.parse(at(0).at);
  const end = { type: 'WORKFLOW_EXECUTION_COMPLETED', at: start + 9_000, cause: null };
  const verification = { ...approvedFacts(), calls: [...calls, at(1_040), at(3_000)], events: [...events, end] };
  const kill = { kind: 'killWorker', at: start + 1_000 } as const;

  expect(recoveriesFrom([kill], { verifications: [verification] })).toEqual([{ kind: 'killWorker', tookMs: 40 }]);
  expect(recoveriesFrom([kill], { verifications: [verification] }, 100)).toMatchObject([{ tookMs: 2_000 }]);
});

describe('the plan', () => {
  const options = readOptions(['--verifications', '40', '--kills', '200']);
  const kinds = (given: Partial<PlanOptions>): string[] => [
    ...new Set(planOf({ ...options, ...given }).kills.map(({ kind }) => kind)),
  ];
  const processes = ['drainWorker', 'killSandbox', 'killServer', 'killWorker'];

  test('is the same for the same seed, and another for another', () => {
    expect(planOf({ ...options, seed: 7, links: true })).toEqual(planOf({ ...options, seed: 7, links: true }));
    expect(planOf({ ...options, seed: 8 })).not.toEqual(planOf({ ...options, seed: 7 }));
  });

  test('kills processes, and spoils links and crashes PostgreSQL and nodes where asked', () => {
    expect(kinds({}).sort()).toEqual(processes);
    expect(kinds({ links: true }).sort()).toEqual(
      [...processes, 'cutLink', 'hangLink', 'resetLink', 'slowLink'].sort(),
    );
    expect(kinds({ server: 'postgres', nodes: 2 }).sort()).toEqual([...processes, 'killNode', 'killPostgres'].sort());
  });

  test('kills nothing but the only worker, and has the next one started at once', () => {
    const { kills } = planOf({ ...options, workers: 1, links: true });

    expect(new Set(kills.map(({ kind, downMs }) => `${kind} ${downMs}`))).toEqual(new Set(['killWorker 0']));
  });
});

test.each([
  [['--kills', 'many'], '--kills must be an integer from 0 to 2000.'],
  [['--nodes', '3', '--server', 'postgres'], '--nodes must be an integer from 1 to 2.'],
  [['--nodes', '2'], '--nodes goes with --server postgres.'],
  [['--server', 'mysql'], '--server must be embedded or postgres.'],
])('refuses the options %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
