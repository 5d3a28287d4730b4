import dns from 'node:dns';

/** Has the name service of this process lead a name to these addresses until the test file ends. */
export function leadName(name: string, ...addresses: string[]): void {
  const real = dns.lookup.bind(dns) as (...args: unknown[]) => void;
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = (hostname: string, options: dns.LookupOptions, done: (...answer: unknown[]) => void): void => {
    if (hostname !== name) return real(hostname, options, done);
    process.nextTick(() => (options.all ? done(null, found) : done(null, found[0]?.address, found[0]?.family)));
  };
  jest.spyOn(dns, 'lookup').mockImplementation(lookup as never);
}

afterAll(() => jest.restoreAllMocks());
