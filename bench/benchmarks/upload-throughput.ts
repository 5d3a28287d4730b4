import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { uploadDocument, type UploadDocumentArgs, type UploadResult } from '../../src/activities/upload-document';
import { Child } from '../../src/demo/child';
import { freePort } from '../../src/demo/ports';
import { tell } from '../../src/demo/screen';
import { FolderStore } from '../../src/documents/folder-store';
import { DocumentAccess } from '../../src/documents/sources';
import { FormUploader } from '../../src/notus/upload';
import type { Benchmark, Measured, Settings } from '../measurement';
import { putPhotos } from '../people';
import { median } from '../statistics';

const LARGEST = 26_214_400;
const AT_ONCE = 8;
const CHUNK_BYTES = 131_072;
const MIB = 2 ** 20;
const run = promisify(execFile);

export const uploadThroughput: Benchmark = {
  name: 'upload-throughput',
  measures: 'Upload of a 25 MiB document by the activity, against `curl -F` of the same file over loopback.',
  where: 'no Temporal server',
  run: measure,
};

async function measure({ quick, repeats, size }: Settings): Promise<Measured> {
  const uploads = quick ? 16 : (size ?? 24);
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'kyc-bench-'));
  const port = await freePort();
  const sink = new Child(process.execPath, [path.join(__dirname, '..', 'sink.js'), String(port)], {
    logFile: path.join(folder, 'sink.log'),
    readyWhen: /sink ready/,
  });
  try {
    await sink.ready;
    const url = `http://127.0.0.1:${port}/bucket`;
    const file = putPhotos(folder, LARGEST).front;
    const ours = uploader(folder, file, url);
    await ours();
    await byCurl(file, url);
    const curl: number[] = [];
    const hashed: number[] = [];
    const single: number[] = [];
    const several: number[] = [];
    for (let round = 0; round < repeats; round++) {
      const ways = [
        async () => curl.push(await oneByOne(uploads, () => byCurl(file, url))),
        async () => hashed.push(await oneByOne(uploads, () => hash(file))),
        async () => single.push(await oneByOne(uploads, ours)),
        async () => several.push(await atOnce(uploads, ours)),
      ];
      for (const way of round % 2 === 0 ? ways : ways.reverse()) await way();
      tell(
        `curl ${curl.at(-1)?.toFixed(0)}, one ${single.at(-1)?.toFixed(0)}, ${AT_ONCE}: ${several.at(-1)?.toFixed(0)} MiB/s`,
      );
    }
    const against = (values: number[]): number[] => values.map((value, index) => value / (curl[index] ?? NaN));
    return {
      figures: [
        {
          label: 'one at a time, against curl',
          unit: '',
          values: against(single),
          goal: { atLeast: 0.6 },
          demand: { atLeast: 0.2 },
        },
        {
          label: `${AT_ONCE} at once in all, against one curl`,
          unit: '',
          values: against(several),
          goal: { atLeast: 1 },
          demand: { atLeast: 0.2 },
        },
        {
          // What a machine's own speed leaves alone, unlike the ratio to curl.
          label: 'one at a time, against SHA-256 alone',
          unit: '',
          values: single.map((value, index) => value / (hashed[index] ?? NaN)),
          demand: { atLeast: 0.3 },
        },
        { label: 'SHA-256 of the same file and nothing else, against curl', unit: '', values: against(hashed) },
        { label: 'curl', unit: 'MiB/s', values: curl },
        { label: 'one at a time', unit: 'MiB/s', values: single },
        { label: `${AT_ONCE} at once`, unit: 'MiB/s', values: several },
      ],
      conditions: [
        `${uploads} uploads a round, to a server that reads and forgets; curl by its own clock, without its start`,
        await curlVersion(),
      ],
    };
  } finally {
    await sink.stop(1_000);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The activity as the worker runs it: it opens the document, checks its bytes on the way and posts them. */
function uploader(folder: string, file: string, url: string): () => Promise<number> {
  const access = new DocumentAccess(new FolderStore(folder), []);
  const upload = uploadDocument(access, new FormUploader({ timeoutMs: 20_000, allowedHosts: [new URL(url).host] }));
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const form = { url, fields: { key: 'documents/front' }, maxBytes: LARGEST };
  const document = { uri: pathToFileURL(file).href, sha256, size: LARGEST, type: 'image/jpeg' as const };
  const far = Date.now() + 3_600_000;
  const watch = { known: null, quiet: false, deadlineAt: far };
  return async () => {
    const began = performance.now();
    const args = { side: 'front' as const, form, formExpiresAt: far, document, watch };
    const environment = new MockActivityEnvironment();
    const { kind } = await environment.run<[UploadDocumentArgs], UploadResult, typeof upload>(upload, args);
    if (kind !== 'uploaded') throw new Error(`The upload ended ${kind}.`);
    return performance.now() - began;
  };
}

/** Such as `curl 7.88.1`. */
async function curlVersion(): Promise<string> {
  const { stdout } = await run('curl', ['--version']);
  return stdout.split(' ').slice(0, 2).join(' ');
}

async function byCurl(file: string, url: string): Promise<number> {
  const args = [
    '-sS',
    '-o',
    '/dev/null',
    '-w',
    '%{time_total}',
    // Or it would wait for the server's word before it sends.
    '-H',
    'Expect:',
    '-F',
    'key=documents/front',
    '-F',
    `file=@${file};type=image/jpeg`,
    url,
  ];
  return Number((await run('curl', args)).stdout) * 1_000;
}

/** What an upload has to do besides sending: milliseconds to read the file and hash it. */
async function hash(file: string): Promise<number> {
  const began = performance.now();
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) digest.update(chunk as Buffer);
  digest.digest();
  return performance.now() - began;
}

/** MiB a second of the middle upload. */
async function oneByOne(uploads: number, upload: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let number = 0; number < uploads; number++) times.push(await upload());
  return (LARGEST / MIB / median(times)) * 1_000;
}

/** MiB a second of all together. */
async function atOnce(uploads: number, upload: () => Promise<number>): Promise<number> {
  const began = performance.now();
  let left = uploads;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await upload();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return ((uploads * LARGEST) / MIB / (performance.now() - began)) * 1_000;
}
