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
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const known = [code, name].find(
    (text): text is string => typeof text === 'string' && /^[A-Z][\w.]{1,63}$/i.test(text),
  );
  return known === undefined || known === 'Error' ? 'unknown error' : known;
}
