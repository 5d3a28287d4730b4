import type { Sandbox } from '../../src/sandbox/server';

/** A presigned form as an answer of the sandbox carries it. */
export interface Form {
  url: string;
  fields: Record<string, string>;
}

/** A session as an answer of the sandbox carries it. */
export interface AnsweredSession {
  id: string;
  status: string;
  individualId?: string | null;
  updatedAt: string | null;
}

/** A create's answer, in either profile. */
export interface Created {
  session: AnsweredSession;
  frontDocument: Form;
  backDocument: Form;
  frontDocumentUpload: Form;
  backDocumentUpload: Form | null;
}

/** The smallest body that the `seed` profile takes, for a document id that ends as asked. */
export function createBody(ending = '8909', more: object = {}): Record<string, unknown> {
  return {
    firstName: 'Ana',
    lastName: 'Exemplo',
    birthDate: '15/01/1990',
    documentCategory: 'IDENTITY_CARD',
    documentCountry: 'BRAZIL',
    documentId: `1234567${ending}`,
    livenessRequired: false,
    ...more,
  };
}

/** Calls a sandbox as a client of Notus does. */
export function callerOf(sandbox: Sandbox) {
  const sessions = `${sandbox.apiUrl}/kyc/individual-verification-sessions/standard`;
  const headers = { 'x-api-key': sandbox.apiKey, 'content-type': 'application/json' };
  const create = (body: unknown, init: RequestInit = {}): Promise<Response> =>
    fetch(sessions, { method: 'POST', headers, body: JSON.stringify(body), redirect: 'manual', ...init });
  const open = async (ending?: string, more?: object): Promise<Created> => {
    const response = await create(createBody(ending, more));
    return (await response.json()) as Created;
  };
  const process = (id: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${sessions}/${id}/process`, { method: 'POST', ...init });
  const get = (id: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${sessions}/${id}`, { headers, redirect: 'manual', ...init });
  const look = async (id: string): Promise<AnsweredSession> =>
    ((await (await get(id)).json()) as { session: AnsweredSession }).session;
  const submit = async (created: Created): Promise<void> => {
    await upload(created.frontDocument);
    await upload(created.backDocument);
    await process(created.session.id);
  };
  const statuses = async (id: string, looks: number): Promise<string[]> => {
    const seen: string[] = [];
    for (let n = 0; n < looks; n += 1) seen.push((await look(id)).status);
    return seen;
  };
  return { sessions, create, open, process, get, look, submit, statuses };
}

/** Posts a form with its file last; `change` may alter the parts before they are sent. */
export function upload(
  form: Form,
  change: (parts: FormData) => void = () => undefined,
  file = 'front',
): Promise<Response> {
  const parts = new FormData();
  for (const [name, value] of Object.entries(form.fields)) parts.append(name, value);
  change(parts);
  parts.append('file', new Blob([file]), 'front.jpg');
  return fetch(form.url, { method: 'POST', body: parts });
}

/** The code and message in an S3 refusal. */
export async function s3Error(
  response: Response,
): Promise<{ status: number; code?: string; message?: string; xml: string }> {
  const xml = await response.text();
  const element = (name: string): string | undefined => new RegExp(`<${name}>(.*)</${name}>`).exec(xml)?.[1];
  return { status: response.status, code: element('Code'), message: element('Message'), xml };
}
