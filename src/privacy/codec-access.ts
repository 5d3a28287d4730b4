import { createHash, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';

/** Who calls the codec server, or why they may not. */
export type Access = { who: string } | { status: 401 | 403 | 503; reason: string };

/** Decides by the Authorization header whether a caller may read or write the payloads of a namespace. */
export type Gate = (authorization: string | undefined, namespace: string) => Promise<Access>;

const JWKS_WITHIN_MS = 5_000;
/** All by key pairs: with a shared secret, whoever can check a token could also make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const ROLES = ['read', 'write', 'worker', 'admin'];

/** For callers that know the secret, such as the `temporal` command, in the one namespace that this server is for. */
export function secretGate(secret: string, ownNamespace: string): Gate {
  const expected = digest(secret);
  return (authorization, namespace) => {
    const token = bearer(authorization);
    // Digests are of one length, so that the comparison tells nothing about the secret's.
    if (token === null || !timingSafeEqual(digest(token), expected)) return Promise.resolve(NO_TOKEN);
    return Promise.resolve(namespace === ownNamespace ? { who: 'the shared secret' } : otherNamespace(namespace));
  };
}

/** What a JWT must show. */
export interface JwtRules {
  /** Where the public keys are. */
  jwksUrl: string;
  /** The claims `iss` and `aud`; undefined ones are not checked. */
  issuer?: string | undefined;
  audience?: string | undefined;
}

/**
 * For people whose UI passes its JWTs on. Which namespaces a token is for stands in its claim `permissions`, as
 * Temporal's own servers read it: a list of `NAMESPACE:ROLE`, or `temporal-system:ROLE` for all of them (Temporal docs).
 */
export function jwtGate({ jwksUrl, issuer, audience }: JwtRules): Gate {
  const options = { algorithms: ALGORITHMS, requiredClaims: ['sub', 'exp'], ...given({ issuer, audience }) };
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: JWKS_WITHIN_MS });
  return async (authorization, namespace) => {
    const token = bearer(authorization);
    if (token === null) return NO_TOKEN;
    try {
      const { payload } = await jwtVerify(token, keys, options);
      return isFor(payload, namespace) ? { who: payload.sub ?? '' } : otherNamespace(namespace);
    } catch (error) {
      return isTokenAtFault(error) ? NO_TOKEN : { status: 503, reason: 'The keys of KYC_CODEC_JWKS_URL do not come.' };
    }
  };
}

/** Lets in whoever one of the gates does: people by their JWTs and the command line by the secret. */
export function eitherGate(first: Gate, second: Gate): Gate {
  return async (authorization, namespace) => {
    const access = await first(authorization, namespace);
    return 'status' in access && access.status === 401 ? second(authorization, namespace) : access;
  };
}

/** For a UI on the same machine, where nobody else can call. */
export function openGate(ownNamespace: string): Gate {
  return (_, namespace) =>
    Promise.resolve(namespace === ownNamespace ? { who: 'anybody on this machine' } : otherNamespace(namespace));
}

const NO_TOKEN = { status: 401, reason: 'A valid bearer token is needed.' } as const;

function otherNamespace(namespace: string): Access {
  return { status: 403, reason: `This token is not for the namespace ${namespace}.` };
}

/** The library would demand a claim that is there and undefined. */
function given<Claims extends object>(claims: Claims): Partial<Claims> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as Partial<Claims>;
}

function isFor({ permissions }: JWTPayload, namespace: string): boolean {
  if (!Array.isArray(permissions)) return false;
  return ROLES.some((role) =>
    [`${namespace}:${role}`, `temporal-system:${role}`].some((permission) => permissions.includes(permission)),
  );
}

/** Rather than the way to the keys. */
function isTokenAtFault(error: unknown): boolean {
  return (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}

function bearer(authorization: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
