import type { VerificationStatus } from '../contract';

/** How a verification closed that came to no outcome. */
export type ClosedWithoutOutcome = 'failed' | 'cancelled';

const CANCEL = 'Cancel the workflow to stop it in an orderly way.';
const START_AGAIN = '`kyc start ID FILE --restart` starts it again under the same id.';

/** What the Temporal UI shows an operator as the current details: what it waits for, since when, until when, what can be done. */
export function operatorDetails(
  status: VerificationStatus,
  since: number,
  closedAs: ClosedWithoutOutcome | null = null,
): string {
  // Without the empty line the UI takes the list for text.
  const lines = [`**${headline(status, closedAs)}**`, '', `- since ${new Date(since).toISOString()}`];
  const until = status.documentsDeadline ?? status.resultDeadline;
  const late = status.documentsDeadline ? 'abandoned' : 'timedOut';
  if (until !== null) lines.push(`- until ${until}, then it ends as \`${late}\``);
  if (status.maxAttempts > 1) lines.push(`- attempt ${status.attempt} of ${status.maxAttempts}`);
  if (status.sessionId !== null) lines.push(`- Notus session \`${status.sessionId}\`, ${lastSeen(status)}`);
  if (status.possibleOrphanSessions > 0) {
    lines.push(`- ${status.possibleOrphanSessions} create(s) with a lost answer: Notus may hold sessions nobody knows`);
  }
  if (status.problem !== null) {
    const { code, at, message } = status.problem;
    lines.push(`- problem \`${code}\` since ${at}: ${message}`);
  }
  lines.push('', `What can be done: ${whatCanBeDone(status, closedAs)}`);
  // The UI (2.54) shows nothing at all of a text with a straight apostrophe.
  return lines.join('\n').replaceAll("'", '’');
}

/** While the poll runs, the workflow does not hear what Notus says. */
function lastSeen({ stage, notusStatus }: VerificationStatus): string {
  return stage === 'verifying' ? 'what Notus says of it stands in Pending Activities' : `last seen ${notusStatus}`;
}

function headline(
  { stage, outcome, requiredDocuments, livenessUrl }: VerificationStatus,
  closedAs: ClosedWithoutOutcome | null,
): string {
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
      if (outcome !== null) return `Closed: ${outcome}`;
      return closedAs === 'cancelled' ? 'Cancelled before a decision' : 'Failed: somebody must look';
  }
}

function whatCanBeDone({ stage, outcome, problem }: VerificationStatus, closedAs: ClosedWithoutOutcome | null): string {
  const remedy = problem === null ? '' : `see \`${problem.code}\` in docs/runbook.md. `;
  const goesOn = problem === null ? 'nothing is needed, it goes on by itself.' : `${remedy}It goes on by itself then.`;
  switch (stage) {
    case 'creatingSession':
    case 'uploadingDocuments':
      return `${goesOn} ${CANCEL}`;
    case 'awaitingDocuments':
      return `${remedy}Send the signal \`documentsSubmitted\` or the update \`submitDocuments\` with the documents' URIs. ${CANCEL}`;
    case 'verifying':
      return (
        `${goesOn} Each attempt of the pending activity is one look; ` +
        `to look now, press its Reset: nothing is sent twice. ${CANCEL}`
      );
    case 'closed':
      if (closedAs === 'failed')
        return `read the failure, and what docs/runbook.md says of its type. Nobody was rejected. ${START_AGAIN}`;
      return outcome === 'approved' ? `${remedy}Nothing else is needed.` : `${remedy}${START_AGAIN}`;
  }
}
