/**
 * The caller's documents cannot be taken: `InvalidDocuments` when the reference itself is wrong (malformed, outside the
 * store and the sources), `DocumentUnusable` when what it points at is (missing, empty, too large, of a wrong type).
 * The message is one sentence that names no side, no path and no URI.
 */
export class DocumentRefusedError extends Error {
  override readonly name = 'DocumentRefusedError';

  constructor(
    readonly code: 'InvalidDocuments' | 'DocumentUnusable',
    message: string,
  ) {
    super(message);
  }
}

/** The document store or a source does not work at the moment: nothing is wrong with the document, try again later. */
export class DocumentStoreUnavailableError extends Error {
  override readonly name = 'DocumentStoreUnavailableError';
}

/** For a URI that is malformed, or points neither into the store nor into a source. */
export function outsideError(): DocumentRefusedError {
  return new DocumentRefusedError(
    'InvalidDocuments',
    'The URI is malformed or points outside the document store and the allowed sources: name a document inside them.',
  );
}

/** For a reference to an object that does not exist. */
export function missingError(): DocumentRefusedError {
  return new DocumentRefusedError('DocumentUnusable', 'The document is not there: store it before it is submitted.');
}
