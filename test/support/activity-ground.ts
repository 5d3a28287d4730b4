import { createDocumentActivities, createNotusActivities } from '../../src/activities';
import type { Watch } from '../../src/activities/obstacles';
import { FolderStore } from '../../src/documents/folder-store';
import { DocumentAccess } from '../../src/documents/sources';
import { NotusClient, type CreatedSession } from '../../src/notus/client';
import { FormUploader } from '../../src/notus/upload';
import { defaultUploadHosts } from '../../src/notus/upload-hosts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/server';
import { CREATE_BODY } from './notus-answers';
import { temporaryFolder } from './temporary-folder';
import { uploadFile } from './upload-file';

/** Marks in keys and requests that no message, detail or log may show. */
export const CANARY_KEY = 'canary-key-5a1f';

/** A request of a person who does not exist; the document id picks no scenario. */
export const REQUEST = {
  ...CREATE_BODY,
  firstName: 'Canaria',
  lastName: 'Sonora',
  documentCategory: 'IDENTITY_CARD',
} as const;

/** What of the request, the key and the forms must never be seen. */
export const SECRETS = new RegExp(
  [CANARY_KEY, 'Canaria', 'Sonora', '15/01/1990', REQUEST.documentId, 'ana@example', 'http', 'X-Amz', 'Policy='].join(
    '|',
  ),
);

/** Watching over a step with nothing known, and a day left. */
export function watch(of: Partial<Watch> = {}): Watch {
  return { known: null, quiet: false, deadlineAt: Date.now() + 24 * 3_600_000, ...of };
}

export interface Ground {
  sandbox: Sandbox;
  notus: NotusClient;
  store: FolderStore;
  folder: string;
  notusSteps: ReturnType<typeof createNotusActivities>;
  documentSteps: ReturnType<typeof createDocumentActivities>;
  /** Opens a session, and gives its id and forms. */
  open: () => Promise<CreatedSession>;
  /** Opens a session, uploads both sides, and gives its id. */
  uploaded: () => Promise<string>;
}

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A sandbox on the virtual clock, and the real activities that talk to it. */
export async function activityGround(options: SandboxOptions & { timeoutMs?: number } = {}): Promise<Ground> {
  const { timeoutMs = 5_000, ...rest } = options;
  const sandbox = await startSandbox({ apiKey: CANARY_KEY, now: () => Date.now(), ...rest });
  const notus = new NotusClient({ baseUrl: sandbox.apiUrl, apiKey: CANARY_KEY, timeoutMs });
  closers.push(
    () => notus.close(),
    () => sandbox.close(),
  );
  const folder = temporaryFolder();
  const store = new FolderStore(folder);
  const open = (): Promise<CreatedSession> => notus.createSession(REQUEST);
  const uploader = new FormUploader({ timeoutMs, allowedHosts: defaultUploadHosts(sandbox.apiUrl) });
  return {
    sandbox,
    notus,
    store,
    folder,
    notusSteps: createNotusActivities(notus),
    documentSteps: createDocumentActivities(new DocumentAccess(store, []), uploader),
    open,
    uploaded: async () => {
      const { sessionId, front, back } = await open();
      for (const form of [front, back ?? front]) {
        await uploader.upload(form, uploadFile(Buffer.from('x')));
      }
      return sessionId;
    },
  };
}

/** Steps for a Notus at another URL, or with another time-out. */
export function notusStepsAt(baseUrl: string, timeoutMs = 5_000): Ground['notusSteps'] {
  const notus = new NotusClient({ baseUrl, apiKey: CANARY_KEY, timeoutMs });
  closers.push(() => notus.close());
  return createNotusActivities(notus);
}

/** Something to be closed after the test. */
export function closing<T extends { close: () => unknown }>(opened: T): T {
  closers.push(() => opened.close());
  return opened;
}
