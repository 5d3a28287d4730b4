import { DocumentRefusedError, DocumentStoreUnavailableError, missingError } from './errors';

const MISSING = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'];

/** What a failed read of one document means: gone, in a loop of links, or a folder that does not work now. */
export function fileSystemError(error: unknown): Error {
  if (error instanceof DocumentRefusedError || error instanceof DocumentStoreUnavailableError) return error;
  if (isMissing(error)) return missingError();
  if (errorCode(error) === 'ELOOP') return notAFileError();
  return folderUnavailable(error);
}

/** Whether the system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return MISSING.includes(errorCode(error));
}

/** For a folder that is gone, full, not permitted or on a broken disk; only the system's error code is told. */
export function folderUnavailable(error: unknown): Error {
  if (error instanceof DocumentRefusedError || error instanceof DocumentStoreUnavailableError) return error;
  return new DocumentStoreUnavailableError(
    `A folder of documents cannot be used now (${errorCode(error)}): check that it is there, its permissions and its disk.`,
  );
}

/** For directories, links, devices, sockets and pipes. */
export function notAFileError(): DocumentRefusedError {
  return new DocumentRefusedError('DocumentUnusable', 'The document is not a regular file: submit a file.');
}

/** For a file that is not the same, or not as long, as it was a moment ago. */
export function changedError(): DocumentRefusedError {
  return new DocumentRefusedError(
    'DocumentUnusable',
    'The document changed while it was read: submit it once it is written completely.',
  );
}

/** The system's code of an error (`ENOENT`), `unknown error` when it has none. */
export function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}
