import type { DataConverter } from '@temporalio/common';

/** How callers write and read payloads; an answer that can't be decoded throws. */
export const clientDataConverter: DataConverter = {};

/** How the worker, its workflow bundle and replay do; what a caller sent undecodable reads as `UNDECODABLE`. */
export const workerDataConverter: DataConverter = {
  ...clientDataConverter,
  payloadConverterPath: require.resolve('./payload-converter'),
};
