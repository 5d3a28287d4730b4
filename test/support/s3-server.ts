import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { temporaryFolder } from './temporary-folder';

/** A real S3 server of the test file's own; the environment leads the AWS SDK to it. */
export interface TestS3 {
  client: S3Client;
  /** Such as `http://127.0.0.1:4567`. */
  endpoint: string;
  /** Makes an empty bucket and gives its name. */
  bucket(options?: { versions?: boolean }): Promise<string>;
  /** The keys of all objects, their versions and their unfinished uploads. */
  keysIn(bucket: string): Promise<string[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts versitygw before the file's tests and stops it after them; the fields are there once the tests run. */
export function useS3(): TestS3 {
  const s3 = {} as TestS3;
  beforeAll(async () => {
    const program = process.env.VERSITYGW_PATH;
    if (!program) throw new Error('VERSITYGW_PATH is not set: run these tests by npm run test:s3.');
    const folder = temporaryFolder();
    const [objects, versions] = ['objects', 'versions'].map((name) => join(folder, name)) as [string, string];
    for (const path of [objects, versions]) mkdirSync(path);
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const accessKeyId = `key${randomBytes(6).toString('hex')}`;
    const secretAccessKey = randomBytes(20).toString('hex');
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    const client = new S3Client({ forcePathStyle: true });
    let server: ChildProcess | undefined;
    Object.assign(s3, {
      client,
      endpoint,
      start: async () => {
        const place = ['--port', `127.0.0.1:${port}`, '--region', 'us-east-1', '--quiet'];
        const env = { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey };
        server = spawn(program, [...place, 'posix', '--versioning-dir', versions, objects], { stdio: 'ignore', env });
        await untilItAnswers(endpoint);
      },
      stop: async () => {
        if (server === undefined) return;
        const exited = once(server, 'exit');
        server.kill('SIGKILL');
        await exited;
        server = undefined;
      },
      bucket: async ({ versions: kept = false } = {}) => {
        const Bucket = `bucket-${randomBytes(6).toString('hex')}`;
        await client.send(new CreateBucketCommand({ Bucket }));
        const VersioningConfiguration = { Status: 'Enabled' as const };
        if (kept) await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
        return Bucket;
      },
      keysIn: async (Bucket: string) => {
        const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
        return [...Versions, ...DeleteMarkers, ...Uploads].map(({ Key = '' }) => Key);
      },
    } satisfies TestS3);
    await s3.start();
  }, 60_000);
  afterAll(async () => {
    s3.client.destroy();
    await s3.stop();
  });
  return s3;
}

async function untilItAnswers(endpoint: string): Promise<void> {
  for (const patience = Date.now() + 20_000; ; await sleep(20)) {
    try {
      return void (await fetch(endpoint));
    } catch (error) {
      if (Date.now() > patience) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
