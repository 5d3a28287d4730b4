import type { Dirent } from 'node:fs';
import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { folderUnavailable, isMissing } from './file-system-error';
import type { StoreEntry } from './store';
import { isDocument, isOwner, isPartial, isProbe } from './stored-name';

/** All that a folder store wrote below its root; directories that a crash left empty are removed on the way. */
export async function* entriesOf(root: string): AsyncGenerator<StoreEntry> {
  for (const found of await filesIn(root)) {
    const path = join(root, found.name);
    if (found.isFile() && isProbe(found.name)) yield* entryAt(path, null);
    if (found.isDirectory() && isOwner(found.name)) yield* documentsIn(path, found.name);
  }
}

async function* documentsIn(directory: string, owner: string): AsyncGenerator<StoreEntry> {
  const files = (await filesIn(directory)).filter((found) => found.isFile());
  if (files.length === 0) await removeWhenEmpty(directory);
  for (const { name } of files) {
    if (isDocument(name)) yield* entryAt(join(directory, name), owner, directory);
    else if (isPartial(name)) yield* entryAt(join(directory, name), null, directory);
  }
}

async function* entryAt(path: string, owner: string | null, directory?: string): AsyncGenerator<StoreEntry> {
  const modifiedAt = await whenThere(async () => (await lstat(path)).mtimeMs);
  if (modifiedAt === undefined) return;
  const remove = async (): Promise<boolean> => {
    const removed = await whenThere(async () => {
      await unlink(path);
      return true;
    });
    if (directory !== undefined) await removeWhenEmpty(directory);
    return removed === true;
  };
  yield { owner, modifiedAt, remove };
}

async function filesIn(directory: string): Promise<Dirent[]> {
  return (await whenThere(() => readdir(directory, { withFileTypes: true }))) ?? [];
}

/** A directory that another document still uses, or that stays behind, harms nobody. */
export async function removeWhenEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch(() => undefined);
}

/** Undefined when another process removed the file meanwhile. */
async function whenThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw folderUnavailable(error);
  }
}
