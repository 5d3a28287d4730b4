import type { Answer } from './answers';
import {
  badRequest,
  documentsNotFound,
  emptyAnswer,
  invalidApiKey,
  jsonAnswer,
  sessionExpired,
  sessionNotFound,
  tooManyRequests,
} from './answers';
import type { CreateRequest, Profile } from './create-request';
import { createIssues, documentUrlsIssues, sessionIdIssues } from './create-request';
import type { Result } from './faults';
import { elsewhere, underFault } from './faults';
import { s3Refusal, s3Stored } from './s3-answers';
import type { UploadForm } from './s3-policy';
import { presign, S3 } from './s3-policy';
import type { Upload } from './s3-route';
import { RequestRate } from './request-rate';
import type { Operation, Side } from './scenario';
import { nth } from './scenario';
import type { Session } from './sessions';
import { look, publicSession, settle, sidesOf, statusOf } from './sessions';
import type { State } from './state';

/** What a call was about and what it came to. */
export interface Handled extends Result {
  operation: Operation;
  sessionId: string | null;
  documentId: string | null;
  side: Side | null;
  scenario: string | null;
  sha256: string | null;
}

/** What the routes need to know of a call. */
export interface Incoming {
  /** `http://HOST:PORT` as the caller wrote it, so that forms lead back the same way. */
  origin: string;
  path: string;
  apiKey: string | undefined;
}

/** How the stand-in is set. */
export interface Settings {
  profile: Profile;
  sessionLifetimeMs: number;
  formLifetimeMs: number;
  /** Where forms lead; null: the way the create came. */
  s3Url: string | null;
  /** Calls beyond it are answered with 429; null: any number is served. */
  maxRequestsPerSecond: number | null;
}

/** Notus and its S3: each method is one call, done at once. */
export class NotusRoutes {
  private readonly rate: RequestRate | null;

  constructor(
    private readonly state: State,
    private readonly settings: Settings,
  ) {
    const { maxRequestsPerSecond } = settings;
    this.rate = maxRequestsPerSecond === null ? null : new RequestRate(maxRequestsPerSecond);
  }

  /** Opens a session. */
  create(incoming: Incoming, body: unknown): Handled {
    const refusal =
      this.keyRefusal(incoming) ?? this.rateRefusal() ?? issuesRefusal(createIssues(body, this.settings.profile));
    if (refusal !== null) return handled('create', null, refusal);
    const request = remembered(body as CreateRequest);
    const { documentId } = request;
    const encounter = this.state.meet('create', documentId, null);
    const opened: Session[] = [];
    const result = underFault(encounter, { operation: 'create', path: incoming.path }, () => {
      const session = this.state.open(request);
      opened.push(session);
      return { reply: jsonAnswer(200, this.createBody(session, incoming.origin)), effect: 'created' };
    });
    return { ...handled('create', opened[0] ?? null, result), documentId, scenario: encounter.scenario.name };
  }

  /** Starts the verification of a session. */
  process(incoming: Incoming, sessionId: string): Handled {
    return this.onSession('process', incoming, sessionId, (session) => this.accept(session));
  }

  /** Tells how a session stands. */
  get(incoming: Incoming, sessionId: string): Handled {
    return this.onSession('get', incoming, sessionId, (session) => {
      const { sessionLifetimeMs, profile } = this.settings;
      const body = { session: look(session, this.state.now(), sessionLifetimeMs, profile) };
      return { reply: jsonAnswer(200, body), effect: 'looked' };
    });
  }

  /** Gives links to the uploaded documents. */
  documentUrls(incoming: Incoming, body: unknown): Handled {
    const refusal = this.keyRefusal(incoming) ?? issuesRefusal(documentUrlsIssues(body));
    if (refusal !== null) return handled('documentUrls', null, refusal);
    const { sessionId, sessionType } = body as { sessionId: string; sessionType: string };
    return this.onSession('documentUrls', incoming, sessionId, (session) => {
      if (sessionType !== 'STANDARD_INDIVIDUAL') return { reply: sessionNotFound(), effect: null };
      const link = (side: Side): string | null =>
        session.uploads[side] && `${incoming.origin}/${S3.bucket}/${session.objectKeys[side]}`;
      const urls = { frontDocumentUrl: link('front'), backDocumentUrl: link('back'), faceImageUrl: null };
      return { reply: jsonAnswer(200, urls), effect: null };
    });
  }

  /** Stores what S3 found good. */
  upload(incoming: Incoming, { key, outcome }: Upload): Handled {
    const owner = key === null ? null : this.state.ownerOf(key);
    const side = owner?.side ?? null;
    const work = (): Result => {
      if ('code' in outcome) return { reply: s3Refusal(outcome), effect: null };
      const { sha256, bytes, md5 } = outcome;
      if (owner !== null) {
        owner.session.uploads[owner.side] = { sha256, bytes };
        this.state.touch(owner.session);
      }
      const location = `${incoming.origin}/${S3.bucket}/${encodeURIComponent(outcome.key)}`;
      return { reply: s3Stored(md5, location), effect: 'stored' };
    };
    const sha256 = 'code' in outcome ? null : outcome.sha256;
    if (side !== 'front') return { ...handled('upload', owner?.session ?? null, work()), side, sha256 };
    const { session } = owner as { session: Session };
    const encounter = this.state.meet('upload', session.request.documentId, session.scenario);
    const result = underFault(encounter, { operation: 'upload', path: incoming.path }, work);
    return { ...handled('upload', session, result), side, sha256, scenario: encounter.scenario.name };
  }

  private accept(session: Session): Result {
    const now = this.state.now();
    const status = statusOf(session, session.looks, now, this.settings.sessionLifetimeMs);
    if (session.processedAtMs === null && status === 'EXPIRED') return { reply: sessionExpired(), effect: null };
    const complete = sidesOf(session.request.documentCategory).every((side) => session.uploads[side] !== null);
    if (!complete && session.scenario.withoutUploads !== 'failed' && session.processedAtMs === null) {
      return { reply: documentsNotFound(), effect: null };
    }
    session.processCalls += 1;
    if (session.processedAtMs !== null || status !== 'PENDING') return { reply: emptyAnswer(), effect: 'repeated' };
    session.processedAtMs = now;
    if (!complete) settle(session, 'FAILED', now);
    return { reply: emptyAnswer(), effect: 'accepted' };
  }

  private onSession(
    operation: 'process' | 'get' | 'documentUrls',
    incoming: Incoming,
    sessionId: string,
    work: (session: Session) => Result,
  ): Handled {
    // Process alone is answered without a key, as the official example calls it.
    const refusal =
      (operation === 'process' ? null : this.keyRefusal(incoming)) ??
      this.rateRefusal() ??
      issuesRefusal(sessionIdIssues(sessionId));
    if (refusal !== null) return { ...handled(operation, null, refusal), sessionId };
    const session = this.state.sessions.get(sessionId) ?? null;
    const encounter = this.state.meet(operation, session?.request.documentId ?? null, session?.scenario ?? null);
    if (session !== null) {
      if (operation === 'get') session.gets += 1;
      this.state.touch(session);
    }
    const result = underFault(encounter, { operation, path: incoming.path }, () =>
      session === null ? { reply: sessionNotFound(), effect: null } : work(session),
    );
    return { ...handled(operation, session, result), sessionId, scenario: encounter.scenario.name };
  }

  private createBody(session: Session, origin: string): object {
    const { profile } = this.settings;
    const individualId = profile === 'seed' ? undefined : null;
    const body = { session: publicSession(session, 'PENDING', profile, individualId) };
    const front = this.form(session, 'front', origin);
    const back = this.form(session, 'back', origin);
    if (profile === 'seed') return { ...body, backDocument: back, frontDocument: front };
    const backNeeded = sidesOf(session.request.documentCategory).includes('back');
    return { ...body, backDocumentUpload: backNeeded ? back : null, frontDocumentUpload: front };
  }

  private form(session: Session, side: Side, origin: string): UploadForm {
    const wrong = nth(session.scenario.forms, session.number);
    const { formLifetimeMs } = this.settings;
    const signedAt = wrong === 'expired' ? session.createdAtMs - formLifetimeMs - 60_000 : session.createdAtMs;
    const host = wrong === 'elsewhere' ? elsewhere(session.scenario) : (this.settings.s3Url ?? origin);
    return presign(session.objectKeys[side], `${host}/${S3.bucket}`, signedAt, formLifetimeMs);
  }

  private keyRefusal({ apiKey }: Incoming): Result | null {
    return apiKey === this.state.apiKey ? null : { reply: invalidApiKey(), effect: null };
  }

  private rateRefusal(): Result | null {
    const isAdmitted = this.rate?.admits(this.state.now()) ?? true;
    return isAdmitted ? null : { reply: tooManyRequests(), effect: null };
  }
}

function issuesRefusal(issues: readonly object[]): Result | null {
  const refusal = (answer: Answer): Result => ({ reply: answer, effect: null });
  return issues.length === 0 ? null : refusal(badRequest(issues));
}

function remembered(body: CreateRequest): CreateRequest {
  const { firstName, lastName, birthDate, documentCategory, documentId, livenessRequired } = body;
  return { firstName, lastName, birthDate, documentCategory, documentId, livenessRequired };
}

function handled(operation: Operation, session: Session | null, result: Result): Handled {
  return {
    operation,
    sessionId: session?.id ?? null,
    documentId: session?.request.documentId ?? null,
    side: null,
    scenario: session?.scenario.name ?? null,
    sha256: null,
    ...result,
  };
}
