import { log } from '@temporalio/activity';
import type { DocumentAccess } from '../documents/sources';
import { count } from './metrics';

/**
 * Deletes what lies in the document store; URIs of other sources are left alone. Throws when any of it could not be
 * deleted, after trying all.
 */
export function deleteDocuments(access: Pick<DocumentAccess, 'delete'>) {
  return async ({ uris }: { uris: readonly string[] }): Promise<void> => {
    const results = await Promise.allSettled(uris.map((uri) => access.delete(uri)));
    count('documentsDeleted', {}, results.filter((result) => result.status === 'fulfilled' && result.value).length);
    const failed = results.filter((result) => result.status === 'rejected').length;
    if (failed === 0) return;
    log.warn('Documents could not be deleted from the document store', { failed, of: uris.length });
    throw new Error(`${failed} of ${uris.length} documents could not be deleted`);
  };
}
