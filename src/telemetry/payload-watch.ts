import type { MetricCounter } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import { COUNTERS } from '../metrics';
import type { PayloadWatch } from '../privacy/codec';
import type { Logger } from './logger';

/** One line in this time for each kind of trouble; the metrics count all of it. */
const LINE_EVERY_MS = 60_000;

/** Counts payloads that are not as they should be, and tells of them now and then. After `installRuntime`. */
export function watchPayloads(logger: Logger): PayloadWatch {
  const clear = counter('clearPayloads');
  const unknown = counter('unknownKeys');
  const unusable = counter('unusablePayloads');
  const isTime = limiter();
  return {
    clear(workflowId) {
      clear.add(1);
      if (!isTime('clear')) return;
      logger.warn({ workflowId }, 'Payloads come in clear although there are keys: give the keys to whoever calls');
    },
    unknownKey(keyId, workflowId) {
      // The log names the key; as a label, ids that a caller makes up would be series without end.
      unknown.add(1);
      if (!isTime(`key ${keyId}`)) return;
      logger.error({ keyId, workflowId }, 'An encryption key is missing, so tasks wait: add it to KYC_ENCRYPTION_KEYS');
    },
    unusable(workflowId) {
      unusable.add(1);
      if (!isTime('unusable')) return;
      logger.error({ workflowId }, 'A payload was altered or belongs to another verification; it is not used');
    },
  };
}

/** Begins at 0, since Prometheus can't see the step of a counter whose first value is 1. */
function counter(name: 'clearPayloads' | 'unknownKeys' | 'unusablePayloads'): MetricCounter {
  const created = Runtime.instance().metricMeter.createCounter(
    COUNTERS[name].name,
    undefined,
    COUNTERS[name].description,
  );
  created.add(0);
  return created;
}

/** Remembers a bounded number of kinds, since a caller may make key ids up. */
function limiter(): (kind: string) => boolean {
  const last = new Map<string, number>();
  return (kind) => {
    const now = Date.now();
    if (now - (last.get(kind) ?? -Infinity) < LINE_EVERY_MS) return false;
    if (last.size >= 100) last.clear();
    last.set(kind, now);
    return true;
  };
}
