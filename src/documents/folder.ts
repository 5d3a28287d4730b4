import { realpathSync, type Stats } from 'node:fs';
import { constants, lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { outsideError } from './errors';
import { FileStream } from './file-stream';
import type { OpenFile } from './file-stream';
import { changedError, fileSystemError, folderUnavailable, notAFileError } from './file-system-error';
import { filePathOf } from './file-uri';
import type { OpenDocument } from './store';

/** A folder that documents may be read from, and nothing outside it, whatever a URI or a symbolic link says. */
export class Folder {
  readonly root: string;
  private readonly spellings: readonly string[];

  /** Takes `file:///dir` or a path; throws an Error with a sentence for anything else. */
  constructor(urlOrPath: string) {
    this.root = folderPath(urlOrPath);
    // The operator may configure a link and a caller name its target, or the other way round.
    this.spellings = [this.root, realSpelling(this.root)];
  }

  /** By the URI's spelling alone. */
  contains(uri: unknown): boolean {
    const path = filePathOf(uri);
    return path !== undefined && this.spellings.some((root) => isInside(root, path));
  }

  async open(uri: string): Promise<OpenDocument> {
    const file = await this.openFile(uri);
    return { stream: new FileStream(file), size: file.size };
  }

  /** Opens a regular file without ever waiting for a pipe or a device; whoever calls it closes it. */
  async openFile(uri: string): Promise<OpenFile> {
    const path = this.pathOf(uri);
    try {
      const root = await this.realRoot();
      const real = await realpathInside(root, path);
      // A look before opening, because opening a device can do something.
      if (!(await lstat(real)).isFile()) throw notAFileError();
      const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const opened = await handle.stat();
        if (!opened.isFile()) throw notAFileError();
        // A parent may have become a link between the look and the opening. Linux tells where the file really lies.
        const opensAt = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => null);
        if (opensAt === null) demandSame(opened, await lstat(await realpathInside(root, path)));
        else if (!isInside(root, opensAt)) throw outsideError();
        return { handle, size: opened.size };
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      throw fileSystemError(error);
    }
  }

  /** The path a URI spells; refuses one outside the folder. */
  pathOf(uri: string): string {
    const path = filePathOf(uri);
    if (path === undefined || !this.contains(uri)) throw outsideError();
    return path;
  }

  /**
   * The path without links; refuses one that leaves the folder. A folder that is gone is an outage and no missing
   * document; other errors of the file system are passed on as they are.
   */
  async resolveReal(path: string): Promise<string> {
    return realpathInside(await this.realRoot(), path);
  }

  /** The folder itself without links. */
  async realRoot(): Promise<string> {
    try {
      if (!(await stat(this.root)).isDirectory()) throw Object.assign(new Error('no directory'), { code: 'ENOTDIR' });
      return await realpath(this.root);
    } catch (error) {
      throw folderUnavailable(error);
    }
  }
}

async function realpathInside(root: string, path: string): Promise<string> {
  const real = await realpath(path);
  if (real !== root && !isInside(root, real)) throw outsideError();
  return real;
}

/** A second look in place of being told where the opened file lies. */
function demandSame(opened: Stats, named: Stats): void {
  if (opened.ino !== named.ino || opened.dev !== named.dev) throw changedError();
}

function folderPath(urlOrPath: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]+:/i.test(urlOrPath);
  const path = isUrl ? filePathOf(urlOrPath.replace(/\/+$/, '')) : resolve(urlOrPath);
  if (path === undefined || urlOrPath === '' || path === dirname(path)) {
    throw new Error(
      'A folder of documents is written as file:///absolute/path, and is not the root of the file system.',
    );
  }
  return path;
}

function realSpelling(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path === dirname(path) ? path : join(realSpelling(dirname(path)), basename(path));
  }
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}
