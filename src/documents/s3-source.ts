import { IncomingMessage } from 'node:http';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { DocumentStoreUnavailableError } from './errors';
import { responseBody } from './response-body';
import { createS3Client } from './s3-client';
import { s3Error } from './s3-error';
import { S3Place } from './s3-place';
import type { OpenDocument } from './store';

/** A place on S3 that documents may be read from. */
export class S3Source {
  readonly place: S3Place;
  readonly client: S3Client = createS3Client();

  /** Takes what `S3Place` takes, and throws as it does. */
  constructor(url: string) {
    this.place = new S3Place(url);
  }

  contains(uri: unknown): boolean {
    return this.place.contains(uri);
  }

  /** Opens the object once its size is known. */
  async open(uri: string, timeoutMs: number): Promise<OpenDocument> {
    const object = this.place.locate(uri);
    try {
      const { Body, ContentLength } = await this.client.send(new GetObjectCommand(object));
      if (!(Body instanceof IncomingMessage)) throw unavailableError('gave no document');
      if (ContentLength === undefined) {
        Body.destroy();
        throw unavailableError('did not tell the size of a document');
      }
      return { stream: responseBody(Body, timeoutMs, unavailableError), size: ContentLength };
    } catch (error) {
      throw s3Error(error);
    }
  }
}

function unavailableError(what: string): DocumentStoreUnavailableError {
  return new DocumentStoreUnavailableError(`S3 ${what}: it is tried again later.`);
}
