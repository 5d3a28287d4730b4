import type { VerificationStatus } from '../contract';

const CANCEL = 'Cancel the workflow to stop it in an orderly way.';

/** What the Temporal UI shows an operator as the current details: what it waits for, since when, until when, what can be done. */
export function operatorDetails(status: VerificationStatus, since: number): string {
  const lines = [`**${headline(status)}**`, `- since ${new Date(since).toISOString()}`];
  const until = status.documentsDeadline ?? status.resultDeadline;
  if (until !== null) lines.push(`- until ${until}, then \`${status.documentsDeadline ? 'abandoned' : 'timedOut'}\``);
  if (status.maxAttempts > 1) lines.push(`- attempt ${status.attempt} of ${status.maxAttempts}`);
  if (status.sessionId !== null) lines.push(`- Notus session \`${status.sessionId}\`, last seen ${status.notusStatus}`);
  if (status.possibleOrphanSessions > 0) {
    lines.push(`- ${status.possibleOrphanSessions} create(s) with a lost answer: Notus may hold sessions nobody knows`);
  }
  if (status.problem !== null) {
    lines.push(`- problem \`${status.problem.code}\` since ${status.problem.at}: ${status.problem.message}`);
  }
  const remedy = whatCanBeDone(status);
  if (remedy !== null) lines.push('', `What can be done: ${remedy}`);
  return lines.join('\n');
}

function headline({ stage, outcome, requiredDocuments, livenessUrl }: VerificationStatus): string {
  switch (stage) {
    case 'creatingSession':
      return 'Opening a session at Notus';
    case 'awaitingDocuments':
      return `Waiting for the applicant's documents: ${requiredDocuments.join(' and ')}`;
    case 'uploadingDocuments':
      return 'Uploading the documents to Notus';
    case 'verifying':
      return livenessUrl === null
        ? 'Waiting for the decision of Notus'
        : 'Waiting for the face step and the decision of Notus';
    case 'closed':
      return outcome === null ? 'Closed without an outcome' : `Closed: ${outcome}`;
  }
}

function whatCanBeDone({ stage, sessionId }: VerificationStatus): string | null {
  switch (stage) {
    case 'creatingSession':
      return `nothing is needed, it goes on by itself. ${CANCEL}`;
    case 'awaitingDocuments':
      return `send the signal \`documentsSubmitted\` or the update \`submitDocuments\` with the documents' URIs. ${CANCEL}`;
    case 'uploadingDocuments':
      return `nothing is needed, it goes on by itself. ${CANCEL}`;
    case 'verifying':
      return `to look now, reset the pending poll activity (session ${sessionId}); it keeps its place. ${CANCEL}`;
    case 'closed':
      return null;
  }
}
