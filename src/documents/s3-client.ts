import { S3Client } from '@aws-sdk/client-s3';
import { isLoopbackHost } from '../network/addresses';
import { DocumentStoreUnavailableError } from './errors';

/** Of the wait for a connection, for an answer, and for a connection that stands still. */
const CONNECTION_MS = 5_000;
const ANSWER_MS = 30_000;

/** More than the documents that one worker holds open at a time. */
const SOCKETS = 200;

/**
 * The AWS SDK's client, which takes region, endpoint and credentials from where all AWS programs take them. It follows
 * no redirect, and sends documents over https alone, save for a loopback address.
 */
export function createS3Client(): S3Client {
  const client = new S3Client({
    maxAttempts: 3,
    // Other servers than Amazon's seldom have a name for each bucket.
    forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL),
    // Who reads a document compares its sha256 anyway.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECTION_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
      socketTimeout: ANSWER_MS,
      httpAgent: { maxSockets: SOCKETS },
      httpsAgent: { maxSockets: SOCKETS },
    },
  });
  client.middlewareStack.add(
    (next) => (args) => {
      demandSafety(args.request as { protocol: string; hostname: string });
      return next(args);
    },
    { step: 'finalizeRequest', name: 'demandSafety', priority: 'low' },
  );
  return client;
}

function demandSafety({ protocol, hostname }: { protocol: string; hostname: string }): void {
  if (protocol === 'https:' || isLoopbackHost(hostname)) return;
  throw new DocumentStoreUnavailableError(
    'Documents are not sent to S3 in clear: give AWS_ENDPOINT_URL_S3 with https (http only for a loopback address).',
  );
}
