import { DOCUMENT_CATEGORIES, requiredSides, type DocumentCategory, type VerificationInput } from '../contract';
import { documentsProblems } from './documents';
import { policyProblems } from './policy';
import { requestProblems } from './request';
import { bounded, isObject, unknownKeys } from './shape';

/**
 * One readable line for each field of a `VerificationInput` that is wrong, saying what is allowed; an empty list means
 * that it is one. The client asks it before a verification is started, the workflow before anything is spent.
 */
export function inputProblems(input: unknown): string[] {
  if (!isObject(input)) return ['input: must be an object with "request", and optionally "documents" and "policy"'];
  return bounded([
    ...unknownKeys(input, '', ['request', 'documents', 'policy']),
    ...requestProblems(input.request),
    ...inputDocumentsProblems(input),
    ...policyProblems(input.policy),
  ]);
}

function inputDocumentsProblems({ request, documents }: Record<string, unknown>): string[] {
  if (documents === undefined) return [];
  const category = isObject(request) ? request.documentCategory : undefined;
  if (!(DOCUMENT_CATEGORIES as readonly unknown[]).includes(category)) return [];
  const lines = documentsProblems(documents, requiredSides(category as DocumentCategory));
  if (lines.length > 0) return lines;
  const { front } = documents as NonNullable<VerificationInput['documents']>;
  return 'uploaded' in front ? ['documents: at the start there is no session yet, so give references (uri)'] : [];
}
