import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Loaded before the worker itself (`node --require`): looks come each second, the soonest that a Temporal server retries,
 * so that a verification with many looks is measured in minutes. All else is the worker as it is.
 */
const limits = path.resolve(__dirname, '..', '..', 'limits.js');
const { LIMITS } = createRequire(__filename)(limits) as { LIMITS: Record<string, number> };
Object.assign(LIMITS, { pollFirst: 1_000, pollFactor: 1, pollLongest: 1_000, pollJitter: 0 });
