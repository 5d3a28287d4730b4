import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts messages and stacks of failures into a payload, which the codec then encrypts. Bundled into the workflow code as
 * well, since failures of the workflow itself are written there.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
