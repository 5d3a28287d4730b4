import { outsideError } from './errors';

/** One object of S3. */
export interface S3Object {
  Bucket: string;
  Key: string;
}

/** AWS docs: bucket naming rules, and the length of a key. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const LONGEST_KEY_BYTES = 1024;
const UNSAFE_IN_SEGMENT = /\\|\p{Cc}|\p{Cs}/u;

/** A bucket, or the part of it below a prefix, and nothing outside it, whatever a URI says. */
export class S3Place {
  readonly bucket: string;
  /** What the keys of this place begin with: nothing, or `some/prefix/`. */
  readonly prefix: string;

  /** Takes `s3://bucket` or `s3://bucket/prefix`; throws an Error with a sentence for anything else. */
  constructor(url: string) {
    const [, bucket = '', prefix] = /^s3:\/\/([^/]+)(?:\/(.+?))?\/*$/i.exec(url) ?? [];
    if (!BUCKET.test(bucket) || (prefix !== undefined && !isPlainKey(prefix))) {
      throw new Error('A place on S3 is written as s3://bucket/prefix, without relative parts.');
    }
    this.bucket = bucket;
    this.prefix = prefix === undefined ? '' : `${prefix}/`;
  }

  contains(uri: unknown): boolean {
    return this.keyIn(uri) !== undefined;
  }

  /** The object that a URI names, character by character; refuses one outside the place. */
  locate(uri: string): S3Object {
    const key = this.keyIn(uri);
    if (key === undefined) throw outsideError();
    return { Bucket: this.bucket, Key: key };
  }

  /** The object below the prefix, and its URI. */
  objectAt(name: string): S3Object & { uri: string } {
    const key = this.prefix + name;
    return { Bucket: this.bucket, Key: key, uri: `s3://${this.bucket}/${key}` };
  }

  private keyIn(uri: unknown): string | undefined {
    const start = `s3://${this.bucket}/${this.prefix}`;
    if (typeof uri !== 'string' || !uri.startsWith(start) || uri === start) return undefined;
    const key = uri.slice(`s3://${this.bucket}/`.length);
    return isPlainKey(key) ? key : undefined;
  }
}

/** Some servers of S3 and all of its folders take relative segments for a path. */
function isPlainKey(key: string): boolean {
  if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) return false;
  return key.split('/').every((name) => name !== '' && name !== '.' && name !== '..' && !UNSAFE_IN_SEGMENT.test(name));
}
