import { createHash, randomUUID } from 'node:crypto';
import type { CreateRequest, Profile } from './create-request';
import { uuidV7 } from './s3-policy';
import type { Scenario, Side } from './scenario';
import { courseOf, nth, statusInCourse } from './scenario';

/** A session as the stand-in remembers it: plain JSON, so that the data file can hold it. */
export interface Session {
  id: string;
  /** How many sessions the same document id had before. */
  number: number;
  request: CreateRequest;
  scenario: Scenario;
  createdAtMs: number;
  updatedAtMs: number | null;
  processedAtMs: number | null;
  /** Final status, or one set by hand. */
  decided: string | null;
  lastStatus: string;
  processCalls: number;
  gets: number;
  looks: number;
  completedLooks: number;
  objectKeys: Record<Side, string>;
  uploads: Record<Side, { sha256: string; bytes: number } | null>;
}

/** What tests and the admin calls see of a session. */
export interface SandboxSession {
  id: string;
  documentId: string;
  category: string;
  /** The status that was last seen, or EXPIRED when a look would say so now. */
  status: string;
  livenessRequired: boolean;
  createdAt: string;
  processedAt: string | null;
  /** Process calls that Notus took: the first one and its repetitions, not those refused or lost on the way in. */
  processCalls: number;
  /** SHA-256 of what S3 holds for each side, in hex. */
  uploads: Record<Side, string | null>;
  gets: number;
  individualId: string | null;
  scenario: string;
}

/** A new session, PENDING. */
export function openSession(request: CreateRequest, scenario: Scenario, number: number, nowMs: number): Session {
  return {
    id: randomUUID(),
    number,
    request,
    scenario,
    createdAtMs: nowMs,
    updatedAtMs: null,
    processedAtMs: null,
    decided: null,
    lastStatus: 'PENDING',
    processCalls: 0,
    gets: 0,
    looks: 0,
    completedLooks: 0,
    objectKeys: { front: `documents/${uuidV7(nowMs)}`, back: `documents/${uuidV7(nowMs)}` },
    uploads: { front: null, back: null },
  };
}

/** The sides that Notus needs for a category: a passport has no back. */
export function sidesOf(category: string): Side[] {
  return category === 'PASSPORT' ? ['front'] : ['front', 'back'];
}

/** The status that a look at this moment would read, after `looksBefore` looks since process. */
export function statusOf(session: Session, looksBefore: number, nowMs: number, lifetimeMs: number): string {
  if (session.decided !== null) return session.decided;
  if (session.processedAtMs === null) return nowMs - session.createdAtMs >= lifetimeMs ? 'EXPIRED' : 'PENDING';
  const course = courseOf(session.scenario, session.number);
  return statusInCourse(course, looksBefore, nowMs - session.processedAtMs);
}

/** Takes a look: counts it, keeps the status that it read, and gives the session as Notus says it. */
export function look(session: Session, nowMs: number, lifetimeMs: number, profile: Profile): object {
  const status = statusOf(session, session.looks, nowMs, lifetimeMs);
  if (session.processedAtMs !== null) {
    session.looks += 1;
    settle(session, status, nowMs);
  }
  const individualId = status === 'COMPLETED' ? completedIndividualId(session) : null;
  if (status === 'COMPLETED') session.completedLooks += 1;
  return publicSession(session, status, profile, individualId);
}

/** Gives the session a status, `updatedAt` included; final ones stay. */
export function settle(session: Session, status: string, nowMs: number): void {
  if (status !== session.lastStatus) session.updatedAtMs = nowMs;
  session.lastStatus = status;
  if (['COMPLETED', 'FAILED', 'EXPIRED'].includes(status)) session.decided = status;
}

/**
 * The `session` object in the key order of a profile. `individualId` undefined leaves the key out; the reference page
 * of `seed` has no such key, so there it comes with the results alone (its place is inferred).
 */
export function publicSession(
  session: Session,
  status: string,
  profile: Profile,
  individualId: string | null | undefined,
): object {
  const { id, request } = session;
  const { firstName, lastName, birthDate, livenessRequired } = request;
  const createdAt = new Date(session.createdAtMs).toISOString();
  const updatedAt = session.updatedAtMs === null ? null : new Date(session.updatedAtMs).toISOString();
  const document = { id: request.documentId, type: null as string | null, category: request.documentCategory };
  const given = individualId === undefined ? {} : { individualId };
  if (profile === 'seed') {
    document.type = request.documentCategory;
    const names = { livenessRequired, firstName, lastName, birthDate, document };
    return { id, status, ...given, ...names, createdAt, updatedAt: updatedAt ?? createdAt };
  }
  return { id, ...given, firstName, lastName, birthDate, document, status, livenessRequired, createdAt, updatedAt };
}

/** What tests and the admin calls see of a session; looking this way counts nothing. */
export function describeSession(session: Session, nowMs: number, lifetimeMs: number): SandboxSession {
  return {
    id: session.id,
    documentId: session.request.documentId,
    category: session.request.documentCategory,
    status: statusOf(session, Math.max(session.looks - 1, 0), nowMs, lifetimeMs),
    livenessRequired: session.request.livenessRequired,
    createdAt: new Date(session.createdAtMs).toISOString(),
    processedAt: session.processedAtMs === null ? null : new Date(session.processedAtMs).toISOString(),
    processCalls: session.processCalls,
    uploads: { front: session.uploads.front?.sha256 ?? null, back: session.uploads.back?.sha256 ?? null },
    gets: session.gets,
    individualId: session.decided === 'COMPLETED' ? individualIdOf(session) : null,
    scenario: session.scenario.name,
  };
}

function completedIndividualId(session: Session): string | null | undefined {
  const instead = nth(session.scenario.individualId, session.completedLooks);
  if (instead === 'absent') return undefined;
  if (instead === 'null') return null;
  return instead === 'empty' ? '' : individualIdOf(session);
}

function individualIdOf(session: Session): string {
  return `ind_${createHash('sha256').update(session.id).digest('hex').slice(0, 16)}`;
}
