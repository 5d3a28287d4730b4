import type { VerificationFacts } from '../../chaos/facts';
import type { VerificationOutcome } from '../../src/client';
import type { SandboxCall } from '../../src/sandbox/server';

const SESSION_ID = 'session-1';
const DOCUMENT_ID = '10000000000';
const START = Date.parse('2026-01-01T00:00:00.000Z');

/** A call on the one session, so many milliseconds after the start of the run. */
export function call(seq: number, of: Partial<SandboxCall>, afterMs = seq): SandboxCall {
  return {
    seq,
    at: new Date(START + afterMs).toISOString(),
    operation: 'get',
    method: 'POST',
    path: '/',
    sessionId: SESSION_ID,
    side: null,
    documentId: DOCUMENT_ID,
    status: 200,
    scenario: 'approved',
    effect: null,
    headers: {},
    sha256: null,
    ...of,
  };
}

/** What is known after the run of a verification that went as it should. */
export function approvedFacts(): VerificationFacts {
  const outcome = approvedOutcome();
  return {
    planned: {
      id: 'chaos-1-1',
      case: { scenario: 'approved', suffix: '0000', ending: 'approved' },
      documentId: DOCUMENT_ID,
      documentCategory: 'IDENTITY_CARD',
      startAfterMs: 0,
      way: 'input',
      submitAfterMs: 0,
      duplicatesAfterMs: [],
      nonsense: [],
      lateAfterMs: null,
      cancelAfterMs: 0,
    },
    submitted: [{ front: 'f1', back: 'b1' }],
    answer: { ending: 'approved', outcome },
    answerLater: { ending: 'approved', outcome: approvedOutcome() },
    status: { sessionsCreated: 1, possibleOrphanSessions: 0 },
    events: ['WORKFLOW_TASK_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'].map((type) => ({
      type,
      at: START,
      cause: null,
    })),
    silence: null,
    divergence: null,
    sessions: [
      {
        id: SESSION_ID,
        documentId: DOCUMENT_ID,
        category: 'IDENTITY_CARD',
        status: 'COMPLETED',
        livenessRequired: false,
        createdAt: new Date(START).toISOString(),
        processedAt: new Date(START).toISOString(),
        processCalls: 1,
        uploads: { front: 'f1', back: 'b1' },
        gets: 3,
        individualId: 'ind_1',
        scenario: 'approved',
      },
    ],
    calls: [
      call(1, { operation: 'create', effect: 'created' }),
      call(2, { operation: 'upload', side: 'front', effect: 'stored', sha256: 'f1' }),
      call(3, { operation: 'upload', side: 'back', effect: 'stored', sha256: 'b1' }),
      call(4, { operation: 'process', effect: 'accepted' }),
    ],
  };
}

function approvedOutcome(): VerificationOutcome {
  const time = new Date(START).toISOString();
  return {
    outcome: 'approved',
    sessionId: SESSION_ID,
    individualId: 'ind_1',
    notusStatus: 'COMPLETED',
    sessionsCreated: 1,
    possibleOrphanSessions: 0,
    problem: null,
    attempts: [{ sessionId: SESSION_ID, outcome: 'approved', startedAt: time, endedAt: time }],
  };
}
