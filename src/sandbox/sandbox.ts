import type { Profile } from './create-request';
import type { RuleMatch } from './rules';
import type { Scenario } from './scenario';
import type { SandboxSession } from './sessions';
import type { SandboxCall } from './state';

/** How a sandbox is started; everything has a default. */
export interface SandboxOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free one. */
  port?: number;
  /** Default `seed`, the reference page; `live-2025-10` is the API as captured in October 2025. */
  profile?: Profile;
  /** The `x-api-key` that callers must send; default `sandbox-key`. */
  apiKey?: string;
  /** A session that was not processed reads EXPIRED once it is this old; default 15 minutes. */
  sessionLifetimeMs?: number;
  /** How long upload forms are valid; default 10 minutes. */
  formLifetimeMs?: number;
  /** Where forms lead, such as a proxy's `http://127.0.0.1:PORT`; default: the host that the create was sent to. */
  s3Url?: string;
  /** Calls to the API a second that are served; more are answered with 429. Default: any number. */
  maxRequestsPerSecond?: number;
  /** Milliseconds since 1970; default the system's clock. `advance` adds to it. */
  now?: () => number;
  /**
   * A file of JSON lines that takes every call and change before the answer goes out. A sandbox started on the same
   * file goes on where the last one was killed. It holds the made-up people of the test, and the key when replaced.
   */
  dataFile?: string;
  /** Called for each call when it has taken effect. */
  onCall?: (call: SandboxCall) => void;
}

/** A running sandbox. */
export interface Sandbox {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** What callers use as the base URL of Notus. */
  apiUrl: string;
  /** The key that callers must send now. */
  readonly apiKey: string;
  /** The last 200,000 calls, those of `/sandbox` left out, that have all the fields given. */
  calls(filter?: Partial<SandboxCall>): SandboxCall[];
  /** All sessions, or those of one document id, oldest first. */
  sessions(documentId?: string): SandboxSession[];
  /** Queues a scenario; throws for a name or an operation nobody knows. */
  use(scenario: string | Scenario, match?: RuleMatch): void;
  /** Moves the sandbox's clock. */
  advance(ms: number): void;
  /** Replaces the key that callers must send. */
  setApiKey(key: string): void;
  /** Gives a session a status by hand, and holds it there; throws for a session nobody knows. */
  complete(sessionId: string, status: string): void;
  /** Forgets sessions, calls, queued scenarios and the moved clock. */
  reset(): void;
  /** Stops at once: open connections are dropped. */
  close(): Promise<void>;
}
