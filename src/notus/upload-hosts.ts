import { isLoopbackHost } from '../network/addresses';
import type { Reach } from '../network/addresses';

/**
 * Which hosts a presigned form may point at. The form comes from an answer, so without this list whoever can forge an
 * answer could have documents sent anywhere, or make the worker call into its own network.
 */

/** S3's global and regional hosts, with the bucket in the path or in the name. */
const S3_HOSTS = [
  's3.amazonaws.com',
  's3.{region}.amazonaws.com',
  '{bucket}.s3.amazonaws.com',
  '{bucket}.s3.{region}.amazonaws.com',
];

const REGION = '[a-z]{2}(?:-[a-z]+)+-[0-9]+';
const BUCKET = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?';

/** The hosts allowed when the operator names none: S3's, and Notus's own host and port where that is a loopback one. */
export function defaultUploadHosts(notusBaseUrl: string): string[] {
  const { hostname, host } = new URL(notusBaseUrl);
  return isLoopbackHost(hostname) ? [...S3_HOSTS, host] : [...S3_HOSTS];
}

/**
 * Gives the test for URLs: undefined for one that is not allowed, else which addresses its host may lead to. A host
 * that an entry names may be a private one; one that a pattern stands for may not. An entry is `host` (the scheme's own
 * port), `host:port`, or one of the patterns that `defaultUploadHosts` gives. URLs must be https, or http to a loopback
 * address, and name no user. Throws a `TypeError` that quotes an entry which is none of these.
 */
export function hostMatcher(entries: readonly string[]): (url: string) => Reach | undefined {
  const rules = entries.map(toRule);
  return (text) => {
    if (!URL.canParse(text)) return undefined;
    const url = new URL(text);
    const secure = url.protocol === 'https:';
    if (!secure && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) return undefined;
    if (url.username !== '' || url.password !== '') return undefined;
    const ownPort = secure ? '443' : '80';
    const port = url.port || ownPort;
    const matching = rules.filter((rule) => rule.host.test(url.hostname) && port === (rule.port ?? ownPort));
    return matching.find(({ reach }) => reach === 'listed')?.reach ?? matching[0]?.reach;
  };
}

interface Rule {
  host: RegExp;
  /** Null for the scheme's own. */
  port: string | null;
  reach: Reach;
}

function toRule(entry: string): Rule {
  if (S3_HOSTS.includes(entry)) return { host: toPattern(entry), port: null, reach: 'public' };
  const [, host, port = null] = /^(\[[0-9a-fA-F:.]+\]|[^\s/\\?#@:[\]{}*%]+)(?::([1-9]\d{0,4}))?$/.exec(entry) ?? [];
  if (host === undefined || !URL.canParse(`https://${host}`) || Number(port) > 65_535) {
    throw new TypeError(`"${entry}" is no host for uploads: write host or host:port, without a scheme or a path.`);
  }
  return { host: toPattern(new URL(`https://${host}`).hostname), port, reach: 'listed' };
}

function toPattern(host: string): RegExp {
  const literal = host.replace(/[.[\]]/g, '\\$&');
  return new RegExp(`^${literal.replace('{region}', REGION).replace('{bucket}', BUCKET)}$`);
}
