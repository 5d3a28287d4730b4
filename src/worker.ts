import { NativeConnection, Runtime } from '@temporalio/worker';
import { builtBundle } from './bundle-workflows';
import { certificateEnd, clientCertificate } from './client-certificate';
import { noServerAt, temporalConfig, type TemporalConfig } from './client/connect-temporal';
import { TemporalUnavailableError } from './client/errors';
import { GRPC, grpcCode } from './client/temporal-calls';
import { ConfigError, loadWorkerConfig, type DeploymentVersion, type WorkerConfig } from './config';
import { configuredStore, named } from './configured-store';
import { idleBecause } from './deployment';
import { DocumentAccess } from './documents/sources';
import type { DocumentStore } from './documents/store';
import { notusTaskQueue } from './contract';
import { KycWorkers } from './kyc-workers';
import { GAUGES } from './metrics';
import { NotusClient } from './notus/client';
import { FormUploader } from './notus/upload';
import { defaultUploadHosts } from './notus/upload-hosts';
import { OPEN_STAGES, openByStage } from './open-verifications';
import { EncryptionPlugin } from './privacy/plugin';
import { readinessChecks } from './readiness';
import { missingSearchAttributes, SETUP } from './search-attributes';
import { Sweeper } from './sweeper';
import { serveHealth } from './telemetry/health';
import { createLogger, type Logger } from './telemetry/logger';
import { observe } from './telemetry/observer';
import { watchPayloads } from './telemetry/payload-watch';
import { installRuntime } from './telemetry/runtime';
import { startTracing } from './telemetry/tracing';
import { beginAtZero } from './telemetry/zero-counters';

async function main(): Promise<void> {
  const config = loadWorkerConfig(process.env);
  const { store, documents, uploader } = documentsOf(config);
  const logger = createLogger(config.log);
  installRuntime(logger, config.metricsAddress);
  if (config.keys.first === undefined) {
    logger.warn('Payloads are not encrypted: personal data is readable in Temporal; not for production');
  }
  const tracing = startTracing(process.env, logger);

  const temporal = temporalConfig(process.env);
  const { options, address, namespace } = temporal;
  // What is encrypted can't be compressed, and trying takes a busy worker tens of MiB.
  const grpcCompression = { codec: 'none' } as const;
  const connection = await NativeConnection.connect({ ...options, grpcCompression }).catch(() => {
    throw noServerAt(address);
  });
  const notus = new NotusClient({
    baseUrl: config.notus.url,
    apiKey: config.notus.apiKey,
    timeoutMs: config.notus.timeoutMs,
  });
  try {
    await demandNamespace(connection, namespace);
    await demandSearchAttributes(connection, namespace, logger);
    let workers: KycWorkers | undefined;
    const sweeper = new Sweeper({ store, connection, namespace, logger, tellHeld: documentsHeld() });
    const checks = readinessChecks({
      connection,
      namespace,
      store,
      assertPolling: () => demandRunning(workers),
      clock: () => notus.clock,
    });
    const health = await serveHealth(config.healthAddress, checks);
    const queues = { namespace, taskQueue: config.taskQueue, notusTaskQueue: notusTaskQueue(config.taskQueue) };
    beginAtZero(Runtime.instance().metricMeter, queues);
    let stopObserving = (): void => undefined;
    try {
      workers = await KycWorkers.create({
        connection,
        namespace,
        taskQueue: config.taskQueue,
        workflowBundle: { codePath: builtBundle(config.keys) },
        encryption: new EncryptionPlugin(config.keys, watchPayloads(logger)),
        notus,
        documents,
        uploader,
        maxRequestsPerSecond: config.maxRequestsPerSecond,
        deployment: config.deployment,
        callTimeoutMs: config.notus.timeoutMs,
        activityInterceptors: tracing === null ? [] : [tracing.activityInterceptor],
      });
      const running = workers.run();
      sweeper.start();
      stopObserving = observe({
        meter: Runtime.instance().metricMeter,
        checks,
        openByStage: () => openByStage(connection, queues),
        stages: OPEN_STAGES,
        clockLeadMs: () => notus.clock?.leadMs ?? null,
        certificateEnds: certificateEnds(temporal, logger),
      });
      // Whoever waits for this line must get it whatever the level.
      const facts = { address, namespace, taskQueue: config.taskQueue, notus: config.notus.url };
      logger.child({}, { level: 'info' }).info(facts, 'worker ready');
      if (config.deployment) void warnIfIdle(connection, namespace, config.deployment, logger);
      await running;
      logger.info('worker stopped');
    } finally {
      sweeper.stop();
      stopObserving();
      health.close();
      health.closeAllConnections();
    }
  } finally {
    notus.close();
    await connection.close();
    await tracing?.close().catch(() => logger.warn('The last traces could not be sent'));
  }
}

function documentsHeld(): (documents: number) => void {
  const { name, description } = GAUGES.documentsHeld;
  const gauge = Runtime.instance().metricMeter.createGauge(name, 'float', undefined, description);
  return (documents) => gauge.set(documents);
}

function demandRunning(workers: KycWorkers | undefined): void {
  if (workers === undefined) throw new Error('the workers are starting');
  workers.assertRunning();
}

/** A certificate that can't be read here is Temporal's to judge; the worker runs on without its gauge. */
function certificateEnds({ options }: TemporalConfig, logger: Logger): Record<string, Date> {
  const pem = clientCertificate(options);
  if (pem === null) return {};
  const end = certificateEnd(pem);
  if (end !== null) return { temporal_client: end };
  logger.warn('The client certificate for Temporal can not be read, so nobody is told before it ends');
  return {};
}

interface DocumentPart {
  store: DocumentStore;
  documents: DocumentAccess;
  uploader: FormUploader;
}

function documentsOf(config: WorkerConfig): DocumentPart {
  const store = configuredStore(config);
  const documents = named('KYC_DOCUMENT_SOURCES', () => new DocumentAccess(store, config.documentSources));
  const allowedHosts = config.uploadHosts ?? defaultUploadHosts(config.notus.url);
  const uploader = named(
    'KYC_UPLOAD_HOSTS',
    () => new FormUploader({ timeoutMs: config.notus.timeoutMs, allowedHosts }),
  );
  return { store, documents, uploader };
}

/** A server that won't describe it may still have it; one that says it has none is believed. */
async function demandNamespace(connection: NativeConnection, namespace: string): Promise<void> {
  await connection.workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
    if (grpcCode(error) !== GRPC.notFound) return;
    throw new ConfigError(
      `TEMPORAL_NAMESPACE: the server has no namespace ${namespace}: run ${SETUP}, or name another`,
    );
  });
}

/** Without them every workflow task would fail; a server that won't tell may still have them. */
async function demandSearchAttributes(connection: NativeConnection, namespace: string, logger: Logger): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace).catch(() => {
    logger.warn(`The server does not tell which search attributes it has; if tasks fail, run ${SETUP}`);
    return [];
  });
  if (missing.length === 0) return;
  throw new ConfigError(
    `Namespace ${namespace} lacks the search attributes ${missing.join(', ')}: register them with ${SETUP}`,
  );
}

/** A new version gets nothing to do until somebody makes it current, which looks like a worker that hangs. */
async function warnIfIdle(
  connection: NativeConnection,
  namespace: string,
  version: DeploymentVersion,
  logger: Logger,
): Promise<void> {
  const reason = await idleBecause(connection, namespace, version).catch(
    () => 'The server does not tell which version of the deployment is current; if nothing moves, see docs/deploys.md',
  );
  if (reason !== null) logger.warn(version, reason);
}

function isExpected(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof TemporalUnavailableError;
}

/** Whole error objects of libraries hold more than is to be shown. */
function unexpected(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.name) : 'The worker failed.';
}

main().then(
  // The SDK's metrics endpoint would keep the process alive.
  () => process.exit(0),
  (error: unknown) => {
    console.error(isExpected(error) ? error.message : unexpected(error));
    process.exit(1);
  },
);
