import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  TemporalFailure,
} from '@temporalio/workflow';
import type { FailureType, Problem, ProblemCode, VerificationInput, VerificationOutcome } from '../contract';
import { inputProblems } from '../validation/input';
import { DocumentDesk } from './document-desk';
import { Ended, failure } from './endings';
import { answerCallers } from './handlers';
import { Sessions } from './sessions';
import { Steps } from './steps';
import { isoTime, VerificationRecord } from './verification-record';
import { Verification } from './verification';

/**
 * One verification, from start to outcome. Outcomes are results; it fails only when somebody must look, and ends as
 * cancelled when it is cancelled. It leaves nothing behind in any case.
 */
export async function individualVerification(input: VerificationInput): Promise<VerificationOutcome> {
  const problems = inputProblems(input);
  const record = new VerificationRecord(problems.length === 0 ? input : null);
  const steps = new Steps(record);
  const sessions = new Sessions(record, steps);
  const desk = new DocumentDesk(record, steps);
  if (problems.length === 0 && input.documents === undefined) {
    // A caller may be faster than the first task: what was sent by then is handed over with the handlers.
    record.awaitDocumentsFrom(record.since);
    desk.openForSubmissions();
  }
  desk.name((input as Partial<VerificationInput> | null)?.documents);
  answerCallers(record, sessions, desk);

  const leave = async (ending: Ending): Promise<void> =>
    CancellationScope.nonCancellable(async () => {
      await desk.close();
      await sessions.settle();
      await steps.deleteDocuments(desk.namedUris);
      closeRecord(record, ending);
      await condition(allHandlersFinished);
    });

  try {
    if (problems.length > 0) throw failure('InvalidRequest', problems.join('\n'));
    await leave(await new Verification(record, steps, sessions, desk).run());
    return record.result();
  } catch (error) {
    // Any other error is a bug: it stops the task until it is mended, and nothing may be thrown away for it.
    if (error instanceof TemporalFailure) await leave(isCancellation(error) ? null : error);
    throw error;
  }
}

/** What ended it: an outcome, a failure, or null for a cancellation. */
type Ending = Ended | TemporalFailure | null;

function closeRecord(record: VerificationRecord, ending: Ending): void {
  if (ending instanceof Ended) {
    const { outcome, individualId } = ending;
    record.close({ outcome, individualId, problem: problemOf(ending, record) });
    record.publish();
  } else {
    record.close({ outcome: null, individualId: null, problem: ending && problemOfFailure(ending) });
    record.publish(ending === null ? 'cancelled' : 'failed');
  }
}

/** Besides its own problem, an outcome tells what stood in the way of one that came too late. */
function problemOf({ outcome, problem }: Ended, record: VerificationRecord): Problem | null {
  if (outcome === 'abandoned') return record.problem;
  if (outcome === 'timedOut') return record.obstacle;
  return problem && { ...problem, at: isoTime(Date.now()) };
}

function problemOfFailure(error: TemporalFailure): Problem | null {
  const type = error instanceof ApplicationFailure ? error.type : null;
  const code = PROBLEM_OF_FAILURE[type as FailureType];
  return code === undefined ? null : { code, message: error.message, at: isoTime(Date.now()) };
}

/** An `InvalidRequest` is no problem of a verification: it never became one. */
const PROBLEM_OF_FAILURE: Partial<Record<FailureType, ProblemCode>> = {
  DocumentUnusable: 'DocumentUnusable',
  ProtocolError: 'ProtocolError',
  SessionCreationAmbiguous: 'SessionMayExist',
};
