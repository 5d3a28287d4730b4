import type { DocumentReference, Side } from '../contract';
import { DocumentRefusedError, DocumentStoreUnavailableError } from '../documents/errors';
import { inspectDocument, type InspectedDocument } from '../documents/inspection';
import type { DocumentAccess } from '../documents/sources';
import { Attempt } from './attempt';
import { obstacleFailure, type Obstacle, type Watch } from './obstacles';

export type { InspectedDocument };

export interface InspectDocumentsArgs {
  references: Partial<Record<Side, DocumentReference>>;
  watch: Watch;
}

/** What was found, by side; or why the documents can't be used, as one line a side. */
export type Inspection =
  | { usable: true; documents: Partial<Record<Side, InspectedDocument>> }
  | { usable: false; code: 'InvalidDocuments' | 'DocumentUnusable'; message: string };

/** Reads each document once and tells whether it can be sent to Notus. A store that is down is no bad document. */
export function inspectDocuments(access: Pick<DocumentAccess, 'open'>) {
  return async ({ references, watch }: InspectDocumentsArgs): Promise<Inspection> => {
    const attempt = new Attempt();
    const documents: Partial<Record<Side, InspectedDocument>> = {};
    const refused: { side: string; error: DocumentRefusedError }[] = [];
    for (const [side, reference] of Object.entries(references) as [Side, DocumentReference][]) {
      try {
        documents[side] = await attempt.during(inspectDocument(access, reference, attempt.signal));
      } catch (error) {
        if (error instanceof DocumentStoreUnavailableError) throw obstacleFailure(storeDown(error), watch, attempt);
        if (!(error instanceof DocumentRefusedError)) throw error;
        refused.push({ side, error });
      }
    }
    const [first] = refused;
    if (first === undefined) return { usable: true, documents };
    const message = refused.map(({ side, error }) => `${side}: ${error.message}`).join(' ');
    return { usable: false, code: first.error.code, message };
  };
}

/** The obstacle of a store or source that can't be read now. */
export function storeDown(error: DocumentStoreUnavailableError): Obstacle {
  return { code: 'DocumentStoreUnavailable', kind: 'outage', message: error.message };
}
