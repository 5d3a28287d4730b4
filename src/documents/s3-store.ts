import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { ListMultipartUploadsCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { DocumentStoreUnavailableError } from './errors';
import { Intake } from './intake';
import { s3Code, s3Error } from './s3-error';
import type { S3Object, S3Place } from './s3-place';
import { S3Source } from './s3-source';
import type { DocumentStore, OpenDocument, StoredDocument, StoreEntry } from './store';
import { isDocument, isOwner, isProbe, newName, newProbeName } from './stored-name';

const STALLED_MS = 30_000;

/**
 * A document store below a prefix of a bucket. S3 shows an object once it is whole and encrypts it at rest (AWS docs);
 * in a bucket with versions, deleting a document removes its version for good.
 */
export class S3Store implements DocumentStore {
  private readonly source: S3Source;
  private readonly place: S3Place;
  private readonly client: S3Client;

  /** Takes `s3://bucket` or `s3://bucket/prefix`; throws an Error with a sentence for anything else. */
  constructor(url: string) {
    this.source = new S3Source(url);
    this.place = this.source.place;
    this.client = this.source.client;
  }

  contains(uri: string): boolean {
    return this.place.contains(uri);
  }

  async open(uri: string): Promise<OpenDocument> {
    return await this.source.open(uri, STALLED_MS);
  }

  async put(verificationId: string, bytes: Readable | Buffer, maxBytes: number): Promise<StoredDocument> {
    const { owner, file } = newName(verificationId);
    const { uri, ...object } = this.place.objectAt(`${owner}/${file}`);
    const intake = new Intake(bytes, maxBytes);
    try {
      // One part after the other, so that a document takes the memory of one part whatever its size.
      const params = { ...object, Body: Readable.from(intake.chunks()), ChecksumAlgorithm: 'SHA256' as const };
      await new Upload({ client: this.client, queueSize: 1, params }).done();
      return { uri, ...intake.facts() };
    } catch (error) {
      intake.stop();
      if (intake.failure !== undefined) throw intake.failure.error;
      // S3 may have stored it although its answer was lost.
      await this.remove(object).catch(() => undefined);
      throw s3Error(error);
    }
  }

  async delete(uri: string): Promise<boolean> {
    return await this.remove(this.place.locate(uri));
  }

  async check(): Promise<void> {
    const { uri, ...probe } = this.place.objectAt(newProbeName());
    try {
      await this.client.send(new PutObjectCommand({ ...probe, Body: 'check' }));
      const readBack = await buffer((await this.open(uri)).stream).finally(() => this.remove(probe));
      if (readBack.toString() !== 'check') {
        throw new DocumentStoreUnavailableError('S3 does not give back what was written: check the bucket.');
      }
    } catch (error) {
      throw s3Error(error);
    }
  }

  async *entries(): AsyncGenerator<StoreEntry> {
    const place = { Bucket: this.place.bucket, Prefix: this.place.prefix };
    try {
      for await (const { Contents = [] } of paginateListObjectsV2({ client: this.client }, place)) {
        for (const { Key = '', LastModified } of Contents) {
          const owner = this.ownerIn(Key);
          if (owner === undefined || LastModified === undefined) continue;
          const remove = (): Promise<boolean> => this.remove({ Bucket: place.Bucket, Key });
          yield { owner, modifiedAt: LastModified.getTime(), remove };
        }
      }
      yield* this.uploads(place);
    } catch (error) {
      throw s3Error(error);
    }
  }

  /** Uploads in parts that were never ended; S3 keeps and bills the parts. None where the credentials may not list them. */
  private async *uploads(place: { Bucket: string; Prefix: string }): AsyncGenerator<StoreEntry> {
    let page: ListMultipartUploadsCommandOutput | undefined;
    do {
      const after = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker };
      try {
        page = await this.client.send(new ListMultipartUploadsCommand({ ...place, ...after }));
      } catch (error) {
        // Their clean-up may be left to a lifecycle rule of the bucket; the documents are swept all the same.
        if (s3Code(error) === 'AccessDenied') return;
        throw error;
      }
      for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
        if (this.ownerIn(Key) === undefined || Initiated === undefined) continue;
        const upload = { Bucket: place.Bucket, Key, UploadId };
        yield { owner: null, modifiedAt: Initiated.getTime(), remove: () => this.abort(upload) };
      }
    } while (page.IsTruncated);
  }

  /** Null for a probe of `check`, undefined for a name that this store did not give. */
  private ownerIn(key: string): string | null | undefined {
    const [first = '', second = '', ...more] = key.slice(this.place.prefix.length).split('/');
    if (more.length > 0) return undefined;
    if (second === '') return isProbe(first) ? null : undefined;
    return isOwner(first) && isDocument(second) ? first : undefined;
  }

  /** Looks first, because S3 answers the same whether there was something to delete. */
  private async remove(object: S3Object): Promise<boolean> {
    try {
      const { VersionId } = await this.client.send(new HeadObjectCommand(object));
      await this.client.send(new DeleteObjectCommand({ ...object, VersionId }));
      return true;
    } catch (error) {
      if (s3Code(error) !== 'NotFound') throw s3Error(error);
    }
    // A look has no text that would tell a missing object from a missing bucket.
    await this.client.send(new HeadBucketCommand({ Bucket: object.Bucket })).catch((error: unknown) => {
      throw s3Error(error);
    });
    return false;
  }

  private async abort(upload: S3Object & { UploadId: string | undefined }): Promise<boolean> {
    try {
      await this.client.send(new AbortMultipartUploadCommand(upload));
      return true;
    } catch (error) {
      if (s3Code(error) === 'NoSuchUpload') return false;
      throw s3Error(error);
    }
  }
}
