import type { CreateRequest } from './create-request';
import type { Encounter } from './rules';
import { Rules } from './rules';
import type { DisturbedOperation, Operation, Scenario, Side } from './scenario';
import type { Session } from './sessions';
import { openSession, settle } from './sessions';

/** One call to the stand-in, as the call log keeps it. */
export interface SandboxCall {
  /** 1, 2, 3, … in the order in which the calls took effect. */
  seq: number;
  /** ISO time on the sandbox's clock. */
  at: string;
  operation: Operation;
  method: string;
  path: string;
  sessionId: string | null;
  side: Side | null;
  documentId: string | null;
  /** HTTP status of the answer; null: no answer was given. */
  status: number | null;
  scenario: string | null;
  /** What the call did to the state: `created`, `stored`, `accepted`, `repeated`, `forgotten`, `looked`. */
  effect: string | null;
  /** Names in lower case; `x-api-key` reads `<given>` when it was right, `<wrong>` when not. */
  headers: Record<string, string>;
  /** Of the uploaded file, in hex. */
  sha256: string | null;
}

/** What a call or an admin call changed: one line of the data file. */
export interface Change {
  call?: SandboxCall;
  session?: Session;
  rules?: Rules['queue'];
  count?: [name: string, value: number];
  clockOffsetMs?: number;
  apiKey?: string;
  reset?: true;
}

const CALLS_KEPT = 200_000;

/** All that the stand-in knows. Every change goes through here and comes out of `takeChange` for the data file. */
export class State {
  readonly sessions = new Map<string, Session>();
  readonly rules = new Rules();
  calls: SandboxCall[] = [];
  clockOffsetMs = 0;
  private lastSeq = 0;
  private readonly byDocument = new Map<string, Session[]>();
  private readonly byObjectKey = new Map<string, { session: Session; side: Side }>();
  private readonly knownHeaders = new Map<string, Record<string, string>>();
  private change: Change = {};

  constructor(
    public apiKey: string,
    private readonly baseClock: () => number,
  ) {}

  /** Milliseconds on the sandbox's own clock. */
  now(): number {
    return this.baseClock() + this.clockOffsetMs;
  }

  /** The sessions of a document id, oldest first. */
  sessionsOf(documentId: string): readonly Session[] {
    return this.byDocument.get(documentId) ?? [];
  }

  /** The session and side that an object key of S3 was made for. */
  ownerOf(objectKey: string): { session: Session; side: Side } | null {
    return this.byObjectKey.get(objectKey) ?? null;
  }

  /** The scenario and fault that a call meets. */
  meet(operation: DisturbedOperation, documentId: string | null, own: Scenario | null): Encounter {
    const encounter = this.rules.meet(operation, documentId, own);
    if (encounter.rule?.times !== undefined) this.change.rules = this.rules.queue;
    if (encounter.count !== null) this.change.count = encounter.count;
    return encounter;
  }

  /** Opens a session. */
  open(request: CreateRequest): Session {
    const scenario = this.rules.forNewSession(request.documentId);
    const session = openSession(request, scenario, this.sessionsOf(request.documentId).length, this.now());
    this.keep(session);
    this.touch(session);
    this.change.rules = this.rules.queue;
    return session;
  }

  /** Notes that a session was changed. */
  touch(session: Session): void {
    this.change.session = session;
  }

  /** Queues a scenario. */
  addRule(scenario: Scenario, match: Parameters<Rules['add']>[1]): void {
    this.rules.add(scenario, match);
    this.change.rules = this.rules.queue;
  }

  /** Gives a session a status by hand and holds it there; throws for a session nobody knows. */
  decide(sessionId: string, status: string): void {
    const session = this.sessions.get(sessionId);
    if (session === undefined) throw new Error(`There is no session ${sessionId}. GET /sandbox/sessions lists them.`);
    session.processedAtMs ??= this.now();
    settle(session, status, this.now());
    session.decided = status;
    this.touch(session);
  }

  /** Moves the sandbox's clock. */
  advance(ms: number): void {
    this.clockOffsetMs += ms;
    this.change.clockOffsetMs = this.clockOffsetMs;
  }

  /** Replaces the key that callers must send. */
  setApiKey(key: string): void {
    this.apiKey = key;
    this.change.apiKey = key;
  }

  /** Forgets sessions, rules, calls and the clock's offset; the key stays. */
  reset(): void {
    this.forget();
    this.change = { reset: true };
  }

  /** Writes a call into the log and gives the entry. */
  record(call: Omit<SandboxCall, 'seq'>): SandboxCall {
    const entry = { seq: this.lastSeq + 1, ...call, headers: this.shared(call.headers) };
    this.log(entry);
    this.change.call = entry;
    return entry;
  }

  /** What has changed since the last time, and starts anew. */
  takeChange(): Change {
    const change = this.change;
    this.change = {};
    return change;
  }

  /** Does again what a line of the data file tells. */
  replay(change: Change): void {
    if (change.reset) this.forget();
    if (change.session) this.keep(change.session);
    if (change.rules) this.rules.restore(change.rules);
    if (change.count) this.rules.counts.set(...change.count);
    this.clockOffsetMs = change.clockOffsetMs ?? this.clockOffsetMs;
    this.apiKey = change.apiKey ?? this.apiKey;
    if (change.call) this.log({ ...change.call, headers: this.shared(change.call.headers) });
  }

  private keep(session: Session): void {
    const siblings = this.byDocument.get(session.request.documentId) ?? [];
    siblings[session.number] = session;
    this.byDocument.set(session.request.documentId, siblings);
    this.sessions.set(session.id, session);
    for (const side of ['front', 'back'] as const) this.byObjectKey.set(session.objectKeys[side], { session, side });
  }

  private log(call: SandboxCall): void {
    this.calls.push(call);
    this.lastSeq = call.seq;
    // Cut seldom, so that a full log does not cost a copy a call.
    if (this.calls.length > CALLS_KEPT * 1.25) this.calls = this.calls.slice(-CALLS_KEPT);
  }

  /** The same object for the same headers: hundreds of thousands of calls differ little. */
  private shared(headers: Record<string, string>): Record<string, string> {
    const text = JSON.stringify(headers);
    const known = this.knownHeaders.get(text) ?? headers;
    if (this.knownHeaders.size >= 1000) this.knownHeaders.clear();
    this.knownHeaders.set(text, known);
    return known;
  }

  private forget(): void {
    this.sessions.clear();
    this.byDocument.clear();
    this.byObjectKey.clear();
    this.rules.clear();
    this.calls = [];
    this.clockOffsetMs = 0;
  }
}
