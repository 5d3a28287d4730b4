import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';

/** Whether a host name, as URLs or addresses to listen on hold it, means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(hostname);
}

/** Link-local addresses, where clouds serve credentials to their machines, and those that name no machine at all. */
const NEVER = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['ff00::', 8],
]);

/** Networks that the internet does not reach (RFC 6890). */
const PRIVATE = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  // Tunnels and translations, which can carry any IPv4 address.
  ['::ffff:0:0:0', 96],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  // What was local to a site before that.
  ['fec0::', 10],
]);

/** The code of the error for a host whose name leads to an address that is not allowed. */
export const ADDRESS_REFUSED = 'ADDRESS_REFUSED';

/** Which addresses a name may lead to: `public`, or `listed` for a host that the operator named: private ones, too. */
export type Reach = 'public' | 'listed';

/** Whether documents may be exchanged with an address that a name led to. */
export function isAllowedAddress(address: string, reach: Reach): boolean {
  const plain = ipv4Within(address) ?? address;
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(plain) === 0 || NEVER.check(plain, family)) return false;
  return reach === 'listed' || !PRIVATE.check(plain, family);
}

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * Node's own name look-up, for the `lookup` option of a request, that fails with `ADDRESS_REFUSED` when any address is
 * not allowed. The connection uses the very addresses that were checked, so that a name cannot change in between.
 */
export function guardedLookup(reach: Reach): (hostname: string, options: LookupOptions, found: Found) => void {
  return (hostname, options, found) => {
    lookup(hostname, options, (error, address, family) => {
      const addresses = (Array.isArray(address) ? address : [{ address }]) as { address: string }[];
      const refused = error === null && addresses.some((one) => !isAllowedAddress(one.address, reach));
      if (!refused) return found(error, address, family);
      found(
        Object.assign(new Error('The host leads to an address that is not allowed.'), { code: ADDRESS_REFUSED }),
        [],
      );
    });
  };
}

/** An IPv4 address in IPv6 dress: mapped (`::ffff:10.0.0.1`), compatible (`::10.0.0.1`), or translated (`64:ff9b::`). */
function ipv4Within(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined;
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [, high, low] = /^\[(?:::ffff:|::|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const bits = [high, low].map((part) => parseInt(part, 16));
  return bits.flatMap((part) => [part >> 8, part & 0xff]).join('.');
}

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
