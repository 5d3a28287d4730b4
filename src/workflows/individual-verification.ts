import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  TemporalFailure,
} from '@temporalio/workflow';
import type { VerificationInput, VerificationOutcome } from '../contract';
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

  const leave = async (ending: Ended | 'failed' | 'cancelled'): Promise<void> =>
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
    if (error instanceof TemporalFailure) await leave(isCancellation(error) ? 'cancelled' : 'failed');
    throw error;
  }
}

function closeRecord(record: VerificationRecord, ending: Ended | 'failed' | 'cancelled'): void {
  if (!(ending instanceof Ended)) {
    record.close(null);
    record.publish(ending);
    return;
  }
  const { outcome, individualId, problem } = ending;
  const sameProblem = record.problem?.code === problem?.code ? record.problem : null;
  record.close({ outcome, individualId, problem: problem && { at: isoTime(Date.now()), ...sameProblem, ...problem } });
  record.publish();
}
