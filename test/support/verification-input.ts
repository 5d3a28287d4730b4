import type { Documents, DocumentReference, VerificationInput, VerificationPolicy } from '../../src/contract';

/** The two sides of an identity card, stored under that name. */
export function documents(name: string): { front: DocumentReference; back: DocumentReference } {
  return { front: { uri: `file:///store/${name}-front.jpg` }, back: { uri: `file:///store/${name}-back.jpg` } };
}

/** Both sides, posted by the applicant's own device to the forms of that session. */
export function uploadedTo(sessionId: string): Documents {
  return { front: { uploaded: true, sessionId }, back: { uploaded: true, sessionId } };
}

/** A verification of an identity card that waits for documents. */
export function waiting(policy?: Partial<VerificationPolicy>, livenessRequired = false): VerificationInput {
  return {
    request: {
      firstName: 'Ana',
      lastName: 'Exemplo',
      birthDate: '15/01/1990',
      documentCategory: 'IDENTITY_CARD',
      documentCountry: 'BRAZIL',
      documentId: '12345678909',
      livenessRequired,
    },
    ...(policy && { policy }),
  };
}

/** The same with its documents at the start. */
export function complete(policy?: Partial<VerificationPolicy>): VerificationInput {
  return { ...waiting(policy), documents: documents('first') };
}
