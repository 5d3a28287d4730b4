import { lstat, mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { DocumentKeys } from './document-keys';
import { DocumentStoreUnavailableError, outsideError } from './errors';
import { FileStream } from './file-stream';
import { errorCode, fileSystemError, folderUnavailable, isMissing, notAFileError } from './file-system-error';
import { Folder } from './folder';
import { entriesOf, removeWhenEmpty } from './folder-entries';
import { Intake } from './intake';
import { LONGEST_HEADER, newHeader, plainSize, readHeader } from './sealed-format';
import { seal, Unsealing } from './sealing';
import type { DocumentStore, OpenDocument, StoredDocument, StoreEntry } from './store';
import { newName, newProbeName, partialName } from './stored-name';

/**
 * A document store in a folder of this machine, or of a file system that all workers mount. Objects lie under a hash of
 * the verification id and a random name, so that neither tells about a person; only the worker's user can read them.
 * The folder is created by the first `put` or `check`. With keys, documents are encrypted; those that lie there in clear
 * can still be read.
 */
export class FolderStore implements DocumentStore {
  private readonly folder: Folder;
  private readonly keys: DocumentKeys | undefined;

  /** Takes `file:///dir` or a path; throws an Error with a sentence for anything else. */
  constructor(rootUrlOrPath: string, keys?: DocumentKeys) {
    this.folder = new Folder(rootUrlOrPath);
    this.keys = keys;
  }

  contains(uri: string): boolean {
    return this.folder.contains(uri);
  }

  async open(uri: string): Promise<OpenDocument> {
    const file = await this.folder.openFile(uri);
    try {
      const head = Buffer.alloc(Math.min(LONGEST_HEADER, file.size));
      const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
      const header = readHeader(head.subarray(0, bytesRead), nameOf(this.folder.pathOf(uri)), this.keys);
      if (header === undefined) return { stream: new FileStream(file), size: file.size };
      const size = plainSize(file.size - header.length);
      // Whoever reads the document sees how reading it failed.
      const stream = pipeline(new FileStream(file, header.length), new Unsealing(header.frames), () => undefined);
      return { stream, size };
    } catch (error) {
      await file.handle.close();
      throw fileSystemError(error);
    }
  }

  async put(verificationId: string, bytes: Readable | Buffer, maxBytes: number): Promise<StoredDocument> {
    const { owner, file } = newName(verificationId);
    const directory = join(this.folder.root, owner);
    const partial = join(directory, partialName(file));
    const final = join(directory, file);
    const intake = new Intake(bytes, maxBytes);
    try {
      await write(await createIn(directory, partial), this.asKept(intake.chunks(), final));
      await inStore(async () => {
        await rename(partial, final);
        await syncDirectory(directory);
        await syncDirectory(this.folder.root);
      });
      return { uri: pathToFileURL(final).href, ...intake.facts() };
    } catch (error) {
      intake.stop();
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
    const probe = join(this.folder.root, newProbeName());
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

  entries(): AsyncIterable<StoreEntry> {
    return entriesOf(this.folder.root);
  }

  private async *asKept(document: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
    const key = this.keys?.first;
    if (key === undefined) {
      yield* document;
      return;
    }
    const { header, frames } = newHeader(key, nameOf(path));
    yield header;
    yield* seal(document, frames);
  }
}

/** What a document is called within the store, wherever the store lies. */
function nameOf(path: string): string {
  return `${basename(dirname(path))}/${basename(path)}`;
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
async function write(handle: FileHandle, bytes: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of bytes) await inStore(() => handle.appendFile(chunk));
    await inStore(() => handle.sync());
  } finally {
    await inStore(() => handle.close());
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

async function inStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw folderUnavailable(error);
  }
}
