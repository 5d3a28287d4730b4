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
  const { store, documents } = documentsOf(config);
  const logger = createLogger(config.log);
  installRuntime(logger, config.metricsAddress);
  logger.warn('Payloads are not encrypted: personal data is readable in Temporal; not for production');

  const temporal = loadClientConnectConfig();
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
    const workers = await KycWorkers.create({
      connection,
      namespace,
      taskQueue: config.taskQueue,
      workflowBundle: { codePath: path.join(__dirname, 'workflow-bundle.js') },
      notus,
      documents,
      uploader: new FormUploader({
        timeoutMs: config.notus.timeoutMs,
        allowedHosts: config.uploadHosts ?? defaultUploadHosts(config.notus.url),
      }),
      maxRequestsPerSecond: config.maxRequestsPerSecond,
      callTimeoutMs: config.notus.timeoutMs,
    });
    const health = await serveHealth(config.healthAddress, {
      workers: () => workers.assertRunning(),
      temporal: async () => void (await connection.workflowService.getSystemInfo({})),
      documentStore: () => store.check(),
      searchAttributes: () => demandSearchAttributes(connection, namespace, logger),
    });
    try {
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

function documentsOf(config: WorkerConfig): { store: DocumentStore; documents: DocumentAccess } {
  const store = named('KYC_DOCUMENT_STORE', () => createDocumentStore(config.documentStore));
  const documents = named('KYC_DOCUMENT_SOURCES', () => new DocumentAccess(store, config.documentSources));
  return { store, documents };
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

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
});
