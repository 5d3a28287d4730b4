import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

/** Stands for an argument that could not be decoded, so that a caller's nonsense is refused instead of failing the task. */
export const UNDECODABLE = '\u0000undecodable';

/**
 * The stock converter, save that decoding never throws: an unknown encoding or broken JSON from any caller would
 * otherwise fail the workflow task again and again.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: <T>(payload: Payload): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch {
      return UNDECODABLE as T;
    }
  },
};
