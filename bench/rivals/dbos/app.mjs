/**
 * The rival on DBOS Transact and PostgreSQL. Checked once against its documentation, as far as stored excerpts of it go:
 * workflows and steps (docs.dbos.dev/typescript/programming-guide), waiting for a message with a time-out
 * (docs.dbos.dev/typescript/tutorials/workflow-communication); retries of steps by the package's own types alone. The
 * docs name no way to poll: one step that is retried each second is the one that writes least. It makes the same calls
 * by the same code as the rivals on Temporal, and is asked over HTTP, as an app would be.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { DBOS } from '@dbos-inc/dbos-sdk';

const { createActivities } = createRequire(import.meta.url)('../../../lib/checks/bench/rivals/activities.js');
const { NOTUS_API_URL, NOTUS_API_KEY, DATABASE_URL, PORT } = process.env;
const notus = createActivities(NOTUS_API_URL, NOTUS_API_KEY);

const DOCUMENTS = 'documents';
const DAY_SECONDS = 24 * 60 * 60;
const RETRIES = { retriesAllowed: true, intervalSeconds: 1, backoffRate: 1, maxAttempts: 100_000 };

async function verification(request) {
  const session = await DBOS.runStep(() => notus.createSession(request), { name: 'create' });
  const documents = await DBOS.recv(DOCUMENTS, DAY_SECONDS);
  await Promise.all([
    DBOS.runStep(() => notus.upload(session.front, documents.front), { name: 'upload-front' }),
    DBOS.runStep(() => notus.upload(session.back, documents.back), { name: 'upload-back' }),
  ]);
  await DBOS.runStep(() => notus.process(session.id), { name: 'process' });
  return DBOS.runStep(() => notus.poll(session.id), { name: 'poll', ...RETRIES });
}

const verify = DBOS.registerWorkflow(verification, { name: 'verification' });

DBOS.setConfig({ name: 'kyc-rival', systemDatabaseUrl: DATABASE_URL, systemDatabasePoolSize: 20, logLevel: 'error' });
await DBOS.launch();

const server = createServer((request, response) => {
  answer(request).then(
    (status) => response.end(status),
    (error) => response.writeHead(500).end(String(error)),
  );
});

/** A GET tells how a verification stands; a POST begins one, with its documents or without, and may wait for its end. */
async function answer(request) {
  if (request.method === 'GET') return (await DBOS.getWorkflowStatus(request.url.slice(1)))?.status;
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { id, person, documents, wait } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  const handle = await DBOS.startWorkflow(verify, { workflowID: id })(person);
  if (documents) await DBOS.send(id, documents, DOCUMENTS);
  return wait ? handle.getResult() : 'BEGUN';
}

server.listen(Number(PORT), '127.0.0.1', () => console.log('worker ready'));
