import type { Answer, Reply } from './answers';
import { emptyAnswer, errorAnswer, jsonAnswer, redirectAnswer, textAnswer } from './answers';
import { s3Refusal } from './s3-answers';
import type { Encounter } from './rules';
import type { DisturbedOperation, Scenario } from './scenario';

/** What handling a call came to: the reply, what it did to the state, and how long the reply is held back. */
export interface Result {
  reply: Reply;
  effect: string | null;
  delayMs?: number;
}

/** The call that a fault may strike. */
export interface Disturbed {
  operation: DisturbedOperation;
  path: string;
}

const HUGE_BYTES = 6_000_000;
const DEFAULT_ELSEWHERE = 'https://elsewhere.invalid';

/** Lets the fault of an encounter strike: `work` does the call's proper work, unless the fault forestalls it. */
export function underFault({ fault, scenario }: Encounter, call: Disturbed, work: () => Result): Result {
  switch (fault.kind) {
    case 'ok':
      return work();
    case 'delay':
      return { ...work(), delayMs: scenario.delayMs ?? 3000 };
    case 'lostReply':
      return { ...work(), reply: { kind: 'reset' } };
    case 'malformed':
      return spoil(work(), fault.shape);
    case 'error':
      return nothingDone(
        withRetryAfter(errorAnswer(fault.status, call.operation), fault.retryAfter === true, scenario),
      );
    case 's3Error':
      return nothingDone(s3Refusal(S3_ERRORS[fault.code]));
    case 'redirect':
      return nothingDone(redirectAnswer(fault.status, `${elsewhere(scenario)}${call.path}`));
    case 'forgotten':
      return { reply: emptyAnswer(), effect: 'forgotten' };
    case 'reset':
    case 'hang':
      return nothingDone({ kind: fault.kind });
  }
}

/** The origin that a scenario's redirects and strange forms point to. */
export function elsewhere(scenario: Scenario): string {
  return scenario.elsewhere ?? DEFAULT_ELSEWHERE;
}

const S3_ERRORS = {
  InternalError: {
    status: 500,
    code: 'InternalError',
    message: 'We encountered an internal error. Please try again.',
  },
  SlowDown: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
  EntityTooLarge: {
    status: 400,
    code: 'EntityTooLarge',
    message: 'Your proposed upload exceeds the maximum allowed size',
    extras: { ProposedSize: '26214401', MaxSizeAllowed: '26214400' },
  },
  AccessDenied: { status: 403, code: 'AccessDenied', message: 'Access Denied' },
};

function nothingDone(reply: Reply): Result {
  return { reply, effect: null };
}

function withRetryAfter(answer: Answer, wanted: boolean, { retryAfterSeconds = 2 }: Scenario): Answer {
  if (!wanted) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}

/** Keeps what was done, but answers it so that no client can make sense of it; refusals stay as they are. */
function spoil(result: Result, shape: 'html' | 'emptyObject' | 'truncated' | 'noForms' | 'huge'): Result {
  const { reply } = result;
  if (reply.kind !== 'answer' || reply.status >= 300) return result;
  const spoiled: Record<typeof shape, () => Answer> = {
    html: () => textAnswer(200, 'text/html; charset=utf-8', '<!DOCTYPE html><html><body>Welcome</body></html>'),
    emptyObject: () => jsonAnswer(200, {}),
    truncated: () => textAnswer(200, 'application/json; charset=utf-8', reply.body.slice(0, reply.body.length / 2)),
    noForms: () => jsonAnswer(200, { session: (JSON.parse(reply.body) as { session: unknown }).session }),
    huge: () => jsonAnswer(200, { ...(JSON.parse(reply.body) as object), padding: 'x'.repeat(HUGE_BYTES) }),
  };
  return { ...result, reply: spoiled[shape]() };
}
