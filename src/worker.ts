import path from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { ConfigError, loadWorkerConfig, type WorkerConfig } from './config';
import { createDocumentStore } from './documents/create-store';
import { DocumentAccess } from './documents/sources';
import type { DocumentStore } from './documents/store';
import { KycWorkers } from './kyc-workers';
import { NotusClient } from './notus/client';
import { FormUploader } from './notus/upload';
import { defaultUploadHosts } from './notus/upload-hosts';
import { missingSearchAttributes } from './search-attributes';
import { serveHealth } from './telemetry/health';
import { createLogger, type Logger } from './telemetry/logger';
import { installRuntime } from './telemetry/runtime';

async function main(): Promise<void> {
  const config = loadWorkerConfig(process.env);
  const { store, documents, uploader } = documentsOf(config);
  const logger = createLogger(config.log);
  installRuntime(logger, config.metricsAddress);
  logger.warn('Payloads are not encrypted: personal data is readable in Temporal; not for production');

  const temporal = temporalConfig();
  const address = temporal.connectionOptions.address ?? 'localhost:7233';
  const namespace = temporal.namespace ?? 'default';
  const connection = await NativeConnection.connect(temporal.connectionOptions).catch(() => {
    throw new ConfigError(`No Temporal server answers at ${address}: start it, or set TEMPORAL_ADDRESS`);
  });
  const notus = new NotusClient({
    baseUrl: config.notus.url,
    apiKey: config.notus.apiKey,
    timeoutMs: config.notus.timeoutMs,
  });
  try {
    await demandSearchAttributes(connection, namespace, logger);
    let workers: KycWorkers | undefined;
    const health = await serveHealth(config.healthAddress, {
      workers: () => demandRunning(workers),
      temporal: async () => void (await connection.workflowService.getSystemInfo({})),
      documentStore: () => store.check(),
      searchAttributes: () => demandSearchAttributes(connection, namespace, logger),
    });
    try {
      workers = await KycWorkers.create({
        connection,
        namespace,
        taskQueue: config.taskQueue,
        workflowBundle: { codePath: path.join(__dirname, 'workflow-bundle.js') },
        notus,
        documents,
        uploader,
        maxRequestsPerSecond: config.maxRequestsPerSecond,
        callTimeoutMs: config.notus.timeoutMs,
      });
      const running = workers.run();
      logger.info({ address, namespace, taskQueue: config.taskQueue, notus: config.notus.url }, 'worker ready');
      await running;
      logger.info('worker stopped');
    } finally {
      health.close();
      health.closeAllConnections();
    }
  } finally {
    notus.close();
    await connection.close();
  }
}

function demandRunning(workers: KycWorkers | undefined): void {
  if (workers === undefined) throw new Error('the workers are starting');
  workers.assertRunning();
}

function temporalConfig(): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig();
  } catch {
    throw new ConfigError("TEMPORAL_*: Temporal's own environment configuration, or its file, can't be read: mend it");
  }
}

interface DocumentPart {
  store: DocumentStore;
  documents: DocumentAccess;
  uploader: FormUploader;
}

function documentsOf(config: WorkerConfig): DocumentPart {
  const store = named('KYC_DOCUMENT_STORE', () => createDocumentStore(config.documentStore));
  const documents = named('KYC_DOCUMENT_SOURCES', () => new DocumentAccess(store, config.documentSources));
  const allowedHosts = config.uploadHosts ?? defaultUploadHosts(config.notus.url);
  const uploader = named(
    'KYC_UPLOAD_HOSTS',
    () => new FormUploader({ timeoutMs: config.notus.timeoutMs, allowedHosts }),
  );
  return { store, documents, uploader };
}

function named<T>(variable: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ConfigError(`${variable}: ${error instanceof Error ? error.message : 'is wrong'}`);
  }
}

/** Without them every workflow task would fail; a server that won't tell may still have them. */
async function demandSearchAttributes(connection: NativeConnection, namespace: string, logger: Logger): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace).catch(() => {
    logger.warn('The server does not tell which search attributes it has; if tasks fail, run: npm run kyc -- setup');
    return [];
  });
  if (missing.length === 0) return;
  throw new ConfigError(
    `Namespace ${namespace} lacks the search attributes ${missing.join(', ')}: register them with "npm run kyc -- setup"`,
  );
}

main().then(
  // The SDK's metrics endpoint would keep the process alive.
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exit(1);
  },
);
