import { readFile } from 'node:fs/promises';
import { heartbeat, sleep } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import axios from 'axios';
import FormData from 'form-data';

export interface Form {
  url: string;
  fields: Record<string, string>;
}

export interface Session {
  id: string;
  front: Form;
  back: Form;
}

const SESSIONS = '/kyc/individual-verification-sessions/standard';

interface Answer {
  session: { id: string; status: string };
  frontDocument: Form;
  backDocument: Form;
}

const isFinal = (status: string): boolean => ['COMPLETED', 'FAILED', 'EXPIRED'].includes(status);

/** The calls that a verification needs, each made the plain way, with whole files in memory. */
export function createActivities(baseURL: string, apiKey: string) {
  const notus = axios.create({ baseURL, headers: { 'x-api-key': apiKey } });
  return {
    async createSession(request: object): Promise<Session> {
      const { data } = await notus.post<Answer>(SESSIONS, request);
      return { id: data.session.id, front: data.frontDocument, back: data.backDocument };
    },

    async upload({ url, fields }: Form, file: string): Promise<void> {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', await readFile(file), { filename: 'document.jpg', contentType: 'image/jpeg' });
      await axios.post(url, form);
    },

    async process(id: string): Promise<void> {
      await notus.post(`${SESSIONS}/${id}/process`);
    },

    async getStatus(id: string): Promise<string> {
      const { data } = await notus.get<Answer>(`${SESSIONS}/${id}`);
      return data.session.status;
    },

    /** Looks each second in one attempt that shows by its beats that it lives (Temporal docs, polling: frequent). */
    async pollInside(id: string): Promise<string> {
      for (;;) {
        const { data } = await notus.get<Answer>(`${SESSIONS}/${id}`);
        if (isFinal(data.session.status)) return data.session.status;
        heartbeat();
        await sleep('1 second');
      }
    },

    /** Fails until the status is final, so that the server retries it (Temporal docs, polling: infrequent). */
    async poll(id: string): Promise<string> {
      const { data } = await notus.get<Answer>(`${SESSIONS}/${id}`);
      if (isFinal(data.session.status)) return data.session.status;
      throw ApplicationFailure.create({ message: 'not final yet', category: ApplicationFailureCategory.BENIGN });
    },
  };
}

export type Activities = ReturnType<typeof createActivities>;
