import { once } from 'node:events';
import type { Command } from 'commander';
import { temporalConfig } from '../client/connect-temporal';
import { ConfigError, loadCodecConfig, type CodecConfig } from '../config';
import { eitherGate, jwtGate, openGate, secretGate, type Gate } from '../privacy/codec-access';
import { startCodecServer, type CodecCall, type CodecServer } from '../privacy/codec-server';
import { createLogger, type Logger } from '../telemetry/logger';
import type { Terminal } from './terminal';

export function addCodecServer(program: Command, terminal: Terminal): void {
  program
    .command('codec-server')
    .description('decrypt for the Temporal UI and CLI, for those who may read; runs until it is asked to stop')
    .action(async () => {
      const config = loadCodecConfig(terminal.env);
      const { namespace } = temporalConfig(terminal.env);
      const logger = createLogger(config.log);
      const server = await start(config, namespace, logger);
      logger.child({}, { level: 'info' }).info({ url: server.url, namespace }, 'codec server ready');
      if (!terminal.signal.aborted) await once(terminal.signal, 'abort');
      await server.close();
      logger.info('codec server stopped');
    });
}

async function start(config: CodecConfig, namespace: string, logger: Logger): Promise<CodecServer> {
  const { address, access, keys, origins } = config;
  const options = { ...address, keys, origins: new Set(origins), strict: access.kind === 'none' };
  return startCodecServer({ ...options, gate: gateOf(access, namespace), audit: (call) => audit(logger, call) }).catch(
    (error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      const place = `${address.host}:${address.port}`;
      throw new ConfigError(`KYC_CODEC_ADDRESS: can't listen at ${place} (${code}); choose another`);
    },
  );
}

function gateOf(access: CodecConfig['access'], namespace: string): Gate {
  if (access.kind === 'none') return openGate(namespace);
  const gates = [
    ...(access.secret === undefined ? [] : [secretGate(access.secret, namespace)]),
    ...(access.jwt === undefined ? [] : [jwtGate(access.jwt)]),
  ];
  return gates.reduce(eitherGate);
}

/** Whatever the level of the log, who read what is written down. */
function audit(logger: Logger, call: CodecCall): void {
  const level = call.status === 200 ? 'info' : 'warn';
  logger.child({}, { level: 'info' })[level](call, call.status === 200 ? 'codec call' : 'codec call refused');
}
