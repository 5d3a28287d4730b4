import { createHash, randomUUID } from 'node:crypto';

/** The names that a store gives, so that it knows them again. */

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const OWNER = '[0-9a-f]{16}';

/** Which documents belong to a verification: a hash of its id, so that names tell nothing about a person. */
export function ownerOf(verificationId: string): string {
  return createHash('sha256').update(verificationId).digest('hex').slice(0, 16);
}

/** A name that nobody can guess, below the verification's own part of the store. */
export function newName(verificationId: string): { owner: string; file: string } {
  return { owner: ownerOf(verificationId), file: randomUUID() };
}

/** While a document is written, and not yet one. */
export const partialName = (file: string): string => `.${file}`;

/** For what `check` writes. */
export const newProbeName = (): string => `.check-${randomUUID()}`;

export const isOwner = (name: string): boolean => new RegExp(`^${OWNER}$`).test(name);
export const isDocument = (name: string): boolean => new RegExp(`^${UUID}$`).test(name);
export const isPartial = (name: string): boolean => new RegExp(`^\\.${UUID}$`).test(name);
export const isProbe = (name: string): boolean => new RegExp(`^\\.check-${UUID}$`).test(name);
