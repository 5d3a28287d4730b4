/** The fields of a form as Notus signs them, with the policy given. */
export function formFields(policy: unknown): Record<string, string> {
  return {
    bucket: 'notus-api-kyc-0000000',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIASANDBOXEXAMPLE00/20251001/us-east-1/s3/aws4_request',
    'X-Amz-Date': '20251001T233550Z',
    key: 'documents/0199a221-d462-7000-8000-000000000001',
    Policy: Buffer.from(typeof policy === 'string' ? policy : JSON.stringify(policy)).toString('base64'),
    'X-Amz-Signature': '0'.repeat(64),
  };
}

/** A form as it stands in an answer, valid until the given ISO time. */
export function formAnswer(expiration = '2025-10-01T23:45:50Z'): { url: string; fields: Record<string, string> } {
  return {
    url: 'https://s3.us-east-1.amazonaws.com/notus-api-kyc-0000000',
    fields: formFields({ expiration, conditions: [['content-length-range', 0, 26214400]] }),
  };
}

/** The `session` of an answer. */
export function sessionAnswer(of: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: '99999999-0000-4000-8000-000000000001',
    status: 'PENDING',
    livenessRequired: false,
    firstName: 'Ana',
    lastName: 'Exemplo',
    birthDate: '15/01/1990',
    document: { id: '12345678909', type: null, category: 'IDENTITY_CARD' },
    createdAt: '2025-10-01T23:35:50.122Z',
    updatedAt: null,
    ...of,
  };
}

/** A create body with every personal field Notus takes. */
export const CREATE_BODY = {
  firstName: 'Ana',
  lastName: 'Exemplo',
  birthDate: '15/01/1990',
  documentCategory: 'IDENTITY_CARD',
  documentCountry: 'BRAZIL',
  documentId: '12345678909',
  livenessRequired: false,
  email: 'ana@example.com',
};
