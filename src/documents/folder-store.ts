import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { DocumentRefusedError, DocumentStoreUnavailableError, outsideError } from './errors';
import { errorCode, fileSystemError, folderUnavailable, isMissing, notAFileError } from './file-system-error';
import { Folder } from './folder';
import type { DocumentStore, OpenDocument, StoredDocument } from './store';

/**
 * A document store in a folder of this machine, or of a file system that all workers mount. Objects lie under a hash of
 * the verification id and a random name, so that neither tells about a person; only the worker's user can read them.
 * The folder is created by the first `put` or `check`.
 */
export class FolderStore implements DocumentStore {
  private readonly folder: Folder;

  /** Takes `file:///dir` or a path; throws an Error with a sentence for anything else. */
  constructor(rootUrlOrPath: string) {
    this.folder = new Folder(rootUrlOrPath);
  }

  contains(uri: string): boolean {
    return this.folder.contains(uri);
  }

  async open(uri: string): Promise<OpenDocument> {
    return await this.folder.open(uri);
  }

  async put(verificationId: string, bytes: Readable | Buffer, maxBytes: number): Promise<StoredDocument> {
    // A stream may fail before its first chunk is asked for; the loop below sees that error then.
    if (!Buffer.isBuffer(bytes)) bytes.once('error', () => undefined);
    const directory = join(this.folder.root, createHash('sha256').update(verificationId).digest('hex').slice(0, 16));
    const name = randomUUID();
    const partial = join(directory, `.${name}`);
    const final = join(directory, name);
    try {
      const handle = await createIn(directory, partial);
      const written = await write(handle, bytes, maxBytes);
      await inStore(async () => {
        await rename(partial, final);
        await syncDirectory(directory);
        await syncDirectory(this.folder.root);
      });
      return { uri: pathToFileURL(final).href, ...written };
    } catch (error) {
      if (!Buffer.isBuffer(bytes)) bytes.destroy();
      await rm(partial, { force: true }).catch(() => undefined);
      await removeWhenEmpty(directory);
      throw error;
    }
  }

  async delete(uri: string): Promise<boolean> {
    const path = this.folder.pathOf(uri);
    const root = await this.folder.realRoot();
    try {
      const directory = await this.folder.resolveReal(dirname(path));
      const object = join(directory, basename(path));
      const found = await lstat(object);
      if (found.isSymbolicLink()) throw outsideError();
      if (!found.isFile()) throw notAFileError();
      await unlink(object);
      if (directory !== root) await removeWhenEmpty(directory);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw fileSystemError(error);
    }
  }

  async check(): Promise<void> {
    const probe = join(this.folder.root, `.check-${randomUUID()}`);
    await inStore(async () => {
      await mkdir(this.folder.root, { recursive: true, mode: 0o700 });
      const handle = await open(probe, 'wx', 0o600);
      try {
        await handle.writeFile('check');
        await handle.sync();
      } finally {
        await handle.close();
      }
      const readBack = await readFile(probe, 'utf8').finally(() => unlink(probe));
      if (readBack !== 'check') {
        throw new DocumentStoreUnavailableError(
          'The document store does not give back what was written: check its disk.',
        );
      }
    });
  }
}

/** Creates the file and its directories, again when a deletion removed the empty directory in between. */
async function createIn(directory: string, file: string): Promise<FileHandle> {
  return await inStore(async () => {
    for (let attempt = 1; ; attempt++) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        return await open(file, 'wx', 0o600);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || attempt === 10) throw error;
      }
    }
  });
}

/** Writes all bytes down to the disk, and closes the file. */
async function write(
  handle: FileHandle,
  bytes: Readable | Buffer,
  maxBytes: number,
): Promise<Pick<StoredDocument, 'sha256' | 'size'>> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of Buffer.isBuffer(bytes) ? [bytes] : (bytes as AsyncIterable<Buffer | string>)) {
      const data = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
      size += data.length;
      if (size > maxBytes) {
        throw new DocumentRefusedError(
          'DocumentUnusable',
          `The document is larger than ${maxBytes} bytes: send a smaller one.`,
        );
      }
      hash.update(data);
      await inStore(() => handle.appendFile(data));
    }
    await inStore(() => handle.sync());
    return { sha256: hash.digest('hex'), size };
  } finally {
    await inStore(() => handle.close());
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/** A directory that another document still uses, or that stays behind, harms nobody. */
async function removeWhenEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch(() => undefined);
}

async function inStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw folderUnavailable(error);
  }
}
