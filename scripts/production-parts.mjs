import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { goProgram } from './go-programs.mjs';
import { ClusterError } from './processes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const GRACE_MS = 10_000;
/** As `stop_grace_period` of the worker in docker-compose.yml. */
const WORKER_GRACE_MS = 100_000;

/**
 * What runs besides PostgreSQL and Temporal, in the order of its start; `places` are the addresses, as host:port. Each
 * part has all that `keepRunning` takes, the time it gets to end in order, and a URL that answers below 500 once it is
 * ready.
 */
export function partsOf(folder, places, secrets) {
  const { sandbox, codecServer, ui, workers, prometheus } = places;
  const parts = [
    {
      name: 'sandbox',
      ...projectProgram(folder, 'sandbox/main', {
        SANDBOX_ADDRESS: sandbox,
        SANDBOX_API_KEY: secrets.NOTUS_API_KEY,
        SANDBOX_DATA_FILE: join(folder, 'sandbox.json'),
      }),
      readyAt: `http://${sandbox}/sandbox`,
    },
    {
      name: 'codec-server',
      ...projectProgram(folder, 'cli/main codec-server', {
        TEMPORAL_NAMESPACE: places.namespace,
        KYC_CODEC_ADDRESS: codecServer,
        KYC_CODEC_ORIGINS: `http://${ui}`,
        KYC_CODEC_TOKEN: secrets.KYC_CODEC_TOKEN,
        KYC_ENCRYPTION_KEYS: secrets.KYC_ENCRYPTION_KEYS,
      }),
      readyAt: `http://${codecServer}/decode`,
      // Any other question would stand in its log as a call that was refused.
      readyMethod: 'OPTIONS',
    },
    {
      name: 'ui',
      command: goProgram('temporal-ui-server'),
      args: ['--root', folder, '--config', 'ui', '--env', 'production', 'start'],
      env: { PATH: process.env.PATH },
      readyAt: `http://${ui}/healthz`,
    },
    ...workers.map(({ health, metrics }, index) => ({
      name: `worker-${index + 1}`,
      ...projectProgram(folder, 'worker', {
        ...clientVariables(folder, places),
        NOTUS_API_URL: `http://${sandbox}/api/v1`,
        NOTUS_API_KEY: secrets.NOTUS_API_KEY,
        KYC_ENCRYPTION_KEYS: secrets.KYC_ENCRYPTION_KEYS,
        KYC_HEALTH_ADDRESS: health,
        KYC_METRICS_ADDRESS: metrics,
      }),
      graceMs: WORKER_GRACE_MS,
      readyAt: `http://${health}/readyz`,
    })),
    {
      name: 'prometheus',
      command: 'prometheus',
      args: [
        ...['--config.file', join(folder, 'prometheus', 'prometheus.yml'), '--web.listen-address', prometheus],
        ...['--storage.tsdb.path', join(folder, 'prometheus', 'data')],
      ],
      env: { PATH: process.env.PATH },
      readyAt: `http://${prometheus}/-/ready`,
    },
  ];
  const files = (name) => ({ pidFile: join(folder, `${name}.pid`), logFile: join(folder, `${name}.log`) });
  return parts.map((part) => ({ graceMs: GRACE_MS, ...part, ...files(part.name) }));
}

/** A program of the project as in its image, told these variables and no others. */
export function projectProgram(folder, line, variables) {
  const [program, ...args] = line.split(' ');
  // The folder as home, so that no configuration of the machine's user has a say.
  const env = { PATH: process.env.PATH, HOME: folder, NODE_ENV: 'production', ...variables };
  return { command: process.execPath, args: [join(root, 'lib', `${program}.js`), ...args], env };
}

/** What leads whoever starts verifications there, besides the encryption keys. */
export function clientVariables(folder, { temporal, namespace }) {
  const store = pathToFileURL(join(folder, 'documents')).href;
  return { TEMPORAL_ADDRESS: temporal, TEMPORAL_NAMESPACE: namespace, KYC_DOCUMENT_STORE: store };
}

/** Writes what the UI's image makes of the variables in docker-compose.yml. */
export function configureUi(folder, { temporal, namespace, ui, codecServer }) {
  const [host, port] = ui.split(':');
  const config = {
    temporalGrpcAddress: temporal,
    host,
    port: Number(port),
    enableUi: true,
    defaultNamespace: namespace,
    disableNewsFetch: true,
    codec: { endpoint: `http://${codecServer}`, passAccessToken: true },
  };
  mkdirSync(join(folder, 'ui'), { recursive: true });
  // JSON is YAML, too.
  writeFileSync(join(folder, 'ui', 'production.yaml'), JSON.stringify(config));
}

/** Writes the shipped rules, and the shipped configuration with the workers in place of a name that Docker resolves. */
export function configurePrometheus(folder, { workers }) {
  const shipped = join(root, 'deploy', 'prometheus');
  const own = join(folder, 'prometheus');
  const config = readFileSync(join(shipped, 'prometheus.yml'), 'utf8');
  const targets = JSON.stringify([{ targets: workers.map(({ metrics }) => metrics) }]);
  const pointed = config.replace(/\bdns_sd_configs:\n(?: {6,}.*\n)+/, `static_configs: ${targets}\n`);
  if (pointed === config) throw new ClusterError('deploy/prometheus/prometheus.yml has no dns_sd_configs.');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'prometheus.yml'), pointed);
  copyFileSync(join(shipped, 'alerts.yml'), join(own, 'alerts.yml'));
}
