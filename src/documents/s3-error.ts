import { DocumentRefusedError, DocumentStoreUnavailableError, missingError } from './errors';

/** What a failed call to S3 means for a document: gone, or a bucket that does not work now. */
export function s3Error(error: unknown): Error {
  if (error instanceof DocumentRefusedError || error instanceof DocumentStoreUnavailableError) return error;
  const code = s3Code(error);
  if (code === 'NoSuchKey') return missingError();
  return new DocumentStoreUnavailableError(
    `Documents on S3 cannot be reached now (${code}): check the bucket, AWS_REGION, AWS_ENDPOINT_URL_S3, ` +
      'and the credentials and what they permit.',
  );
}

/** S3's own code (`NoSuchKey`), or the system's (`ECONNREFUSED`); nothing else of an error is told. */
export function s3Code(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = error as NodeJS.ErrnoException;
  const known = [code, error.name].find((name) => typeof name === 'string' && /^[A-Za-z][\w.]{1,63}$/.test(name));
  return known === undefined || known === 'Error' ? 'unknown error' : known;
}
