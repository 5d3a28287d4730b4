import { fileURLToPath } from 'node:url';

const LONGEST_URI = 4096;
const UNSAFE_IN_SEGMENT = /[/\\]|\p{Cc}/u;

/**
 * The absolute path that a `file:///` URI names, or undefined for anything that another reader could take for
 * another path: relative segments in any encoding, encoded slashes, control characters, a host, a query, a fragment.
 */
export function filePathOf(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || uri.length > LONGEST_URI || !uri.startsWith('file:///')) return undefined;
  if (/[?#]/.test(uri)) return undefined;
  try {
    const segments = uri.slice('file:///'.length).split('/').map(decodeURIComponent);
    return segments.every(isPlainName) ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

function isPlainName(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !UNSAFE_IN_SEGMENT.test(segment);
}
