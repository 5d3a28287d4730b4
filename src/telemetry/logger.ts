import pino from 'pino';
import pretty from 'pino-pretty';
import type { LogConfig } from '../config';

export type Logger = pino.Logger;

/** One line an event: JSON, or coloured text on a terminal. */
export function createLogger({ level, format }: LogConfig): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: undefined,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  if (format === 'json') return pino(options, pino.destination({ sync: true }));
  return pino(options, pretty({ messageKey: 'message', translateTime: 'SYS:HH:MM:ss.l', sync: true }));
}
