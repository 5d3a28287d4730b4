import { SIDES, type Documents, type Side } from '../contract';
import { bounded, isObject, unknownKeys } from './shape';

const SCHEMES = ['file:', 's3:', 'https:', 'http:'];
export const LONGEST_URI = 2_048;

/**
 * One line for each thing wrong with the shape of a submission; an empty list means that it is a `Documents` with just
 * the sides needed, all of one kind. Whether the documents are any good only their inspection can tell.
 */
export function documentsProblems(documents: unknown, needed: readonly Side[], path = 'documents'): string[] {
  if (!isObject(documents)) return [`${path}: must be an object with ${needed.join(' and ')}`];
  const lines = [
    ...unknownKeys(documents, path, SIDES),
    ...SIDES.filter((side) => documents[side] !== undefined && !needed.includes(side)).map(
      (side) => `${path}.${side}: not needed for this document category; leave it out`,
    ),
    ...needed.flatMap((side) => sideProblems(documents[side], `${path}.${side}`)),
  ];
  return lines.length > 0 ? bounded(lines) : kindProblems(documents as unknown as Documents, path);
}

function sideProblems(side: unknown, path: string): string[] {
  if (side === undefined) return [`${path}: missing; this document category needs it`];
  if (!isObject(side)) return [`${path}: must be { "uri", "sha256"? } or { "uploaded": true, "sessionId" }`];
  return 'uploaded' in side ? uploadedProblems(side, path) : referenceProblems(side, path);
}

function referenceProblems(side: Record<string, unknown>, path: string): string[] {
  const { uri, sha256 } = side;
  const lines = unknownKeys(side, path, ['uri', 'sha256']);
  if (typeof uri !== 'string' || uri.length > LONGEST_URI || !SCHEMES.some((scheme) => uri.startsWith(`${scheme}//`))) {
    lines.push(`${path}.uri: must be a file://, s3:// or https:// URI of the document, never the document itself`);
  }
  if (sha256 !== undefined && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256))) {
    lines.push(`${path}.sha256: must be 64 hexadecimal digits`);
  }
  return lines;
}

function uploadedProblems(side: Record<string, unknown>, path: string): string[] {
  const lines = unknownKeys(side, path, ['uploaded', 'sessionId']);
  if (side.uploaded !== true) lines.push(`${path}.uploaded: must be true`);
  if (typeof side.sessionId !== 'string' || side.sessionId === '' || side.sessionId.length > 200) {
    lines.push(`${path}.sessionId: must be the id of the session whose form was used`);
  }
  return lines;
}

function kindProblems(documents: Documents, path: string): string[] {
  const sides = SIDES.flatMap((side) => documents[side] ?? []);
  const sessions = new Set(sides.map((side) => ('uploaded' in side ? side.sessionId : null)));
  return sessions.size > 1 ? [`${path}: all sides must be of one kind, and uploaded ones of one session`] : [];
}
