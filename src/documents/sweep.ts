import type { DocumentStore, StoreEntry } from './store';
import { ownerOf } from './stored-name';

export interface SweepOptions {
  store: Pick<DocumentStore, 'entries'>;
  /** The ids of all verifications that run, or may go on; asked only once there is something old. */
  neededIds: () => AsyncIterable<string>;
  /** Ends the sweep between two steps of it, by its reason. */
  signal?: AbortSignal;
  /** Nothing that was written later is touched, in milliseconds since the epoch. */
  before: number;
}

/** What a sweep did. */
export interface Swept {
  removed: number;
  /** Old documents whose verification may still need them. */
  kept: number;
  /** All documents that the store holds now, young ones as well. */
  held: number;
}

/**
 * Removes what a crash left behind: documents of verifications that do not run any more, and what never became a
 * document. Throws what the store and `neededIds` throw; then documents may be left for the next sweep, and none is
 * removed that a running verification may need.
 */
export async function sweep({ store, neededIds, before, signal }: SweepOptions): Promise<Swept> {
  const old: StoreEntry[] = [];
  let young = 0;
  for await (const entry of store.entries()) {
    signal?.throwIfAborted();
    if (entry.modifiedAt < before) old.push(entry);
    else if (entry.owner !== null) young += 1;
  }
  const needed = old.some(({ owner }) => owner !== null) ? await ownersOf(neededIds()) : new Set<string>();
  const swept: Swept = { removed: 0, kept: 0, held: young };
  for (const { owner, remove } of old) {
    signal?.throwIfAborted();
    if (owner !== null && needed.has(owner)) swept.kept += 1;
    else if (await remove()) swept.removed += 1;
  }
  swept.held += swept.kept;
  return swept;
}

async function ownersOf(ids: AsyncIterable<string>): Promise<Set<string>> {
  const owners = new Set<string>();
  for await (const id of ids) owners.add(ownerOf(id));
  return owners;
}
