/** A `VerificationInput` that is right in every field, as plain JSON. */
export function rightInput(): {
  request: Record<string, unknown>;
  documents: Record<string, unknown>;
  policy: Record<string, unknown>;
} {
  return {
    request: {
      firstName: 'Ana',
      lastName: 'Exemplo',
      birthDate: '15/01/1990',
      documentCategory: 'IDENTITY_CARD',
      documentCountry: 'BRAZIL',
      documentId: '12345678909',
      livenessRequired: false,
      nationality: 'BRAZILIAN',
      email: 'ana@example.com',
      address: 'Rua Exemplo, 1',
      city: 'Campinas',
      state: 'SP',
      postalCode: '13000000',
    },
    documents: { front: { uri: 'file:///docs/front.jpg' }, back: { uri: 's3://bucket/back', sha256: 'a'.repeat(64) } },
    policy: {
      documentsDeadline: '24h',
      resultDeadline: '24h',
      maxAttempts: 1,
      maxSessions: 5,
      sessionTiming: 'eager',
      ambiguousCreate: 'recreate',
    },
  };
}
