import { ApplicationFailure, log } from '@temporalio/activity';
import { requiredSides, type UploadForm, type VerificationRequest } from '../contract';
import type { NotusClient, PresignedForm } from '../notus/client';
import { Attempt } from './attempt';
import { situationOf } from './failures';
import { finalFailure, obstacleFailure, type Watch } from './obstacles';

export interface CreateSessionArgs {
  request: VerificationRequest;
  watch: Watch;
}

/** A form with what its policy says of itself. */
export interface SessionForm extends UploadForm {
  maxBytes: number;
}

export interface OpenedSession {
  sessionId: string;
  status: string;
  front: SessionForm;
  back: SessionForm | null;
  /** Milliseconds since the epoch, by this machine's clock, at which the first of the forms dies. */
  formsExpireAt: number;
}

/**
 * Opens a session at Notus. Surely-not-done errors are retried by the server; a lost answer ends it with `Ambiguous`,
 * since Notus has no idempotency key (Notus docs) and a blind repeat would leave an orphan session behind.
 */
export function createSession(notus: Pick<NotusClient, 'createSession'>) {
  return async ({ request, watch }: CreateSessionArgs): Promise<OpenedSession> => {
    const attempt = new Attempt();
    // Picked up late, it would open a session that nobody waits for any more.
    if (attempt.startedAt >= watch.deadlineAt)
      throw finalFailure('DeadlinePassed', 'The deadline came before the call.');
    try {
      const created = await attempt.toItsEnd(notus.createSession(request));
      log.info('Notus has opened a session', { sessionId: created.sessionId, traceId: created.traceId });
      if (created.back === null && requiredSides(request.documentCategory).includes('back')) {
        throw finalFailure('Ambiguous', 'Notus opened a session without a form for the back.', true);
      }
      const forms = created.back === null ? [created.front] : [created.front, created.back];
      return {
        sessionId: created.sessionId,
        status: created.status,
        front: sessionForm(created.front),
        back: created.back && sessionForm(created.back),
        formsExpireAt: Math.min(...forms.map((form) => Date.parse(form.expiresAt))),
      };
    } catch (error) {
      const situation = situationOf(error, 'create');
      if (situation.kind === 'obstacle') throw obstacleFailure(situation.obstacle, watch, attempt);
      if (situation.kind === 'invalid')
        throw finalFailure('InvalidRequest', situation.lines.join('\n'), situation.lines);
      if (situation.kind === 'ambiguous') throw finalFailure('Ambiguous', situation.message, situation.notASession);
      if (error instanceof ApplicationFailure) throw error;
      // Whatever it was, the call may have been made.
      throw finalFailure('Ambiguous', 'Opening a session failed in a way that is not known.', false);
    }
  };
}

const sessionForm = ({ url, fields, maxBytes }: PresignedForm): SessionForm => ({ url, fields, maxBytes });
