import { lastingPort } from './ports';
import type { LinkFault, LinkName, PlannedKill } from './plan';
import { Toxiproxy, type Toxic } from './toxiproxy';

/**
 * A create that met a hang or a reset may have opened a session, and the fourth one in a verification waits for an hour
 * (`recreateWaits` in `src/limits.ts`), longer than a run: so only each second connection to Notus is struck by these.
 */
const STRUCK_OF_NOTUS = 0.5;
const SLOW = { latency: 800, jitter: 400 };

/** What lies between the workers and whom they talk to, each behind a proxy. */
export class Links {
  private constructor(
    private readonly toxiproxy: Toxiproxy,
    /** host:port where the workers reach each. */
    readonly addresses: Record<LinkName, string>,
  ) {}

  /** `ends` are host:port of whom each link leads to. */
  static async open(folder: string, ends: Record<LinkName, string>): Promise<Links> {
    const toxiproxy = await Toxiproxy.start(folder);
    const lay = async (name: LinkName): Promise<string> => {
      const address = `127.0.0.1:${await lastingPort()}`;
      await toxiproxy.forward(name, address, ends[name]);
      return address;
    };
    return new Links(toxiproxy, { temporal: await lay('temporal'), notus: await lay('notus'), s3: await lay('s3') });
  }

  /** Strikes the link, and gives what heals it. */
  async strike(fault: LinkFault, { link, stream }: Pick<PlannedKill, 'link' | 'stream'>): Promise<() => Promise<void>> {
    if (fault !== 'cutLink') return this.toxiproxy.spoil(link, toxicOf(fault, link, stream));
    await this.toxiproxy.enable(link, false);
    return () => this.toxiproxy.enable(link, true);
  }
}

function toxicOf(fault: Exclude<LinkFault, 'cutLink'>, link: LinkName, stream: PlannedKill['stream']): Toxic {
  const struck = link === 'notus' ? STRUCK_OF_NOTUS : 1;
  switch (fault) {
    case 'slowLink':
      return { type: 'latency', stream, toxicity: 1, attributes: SLOW };
    case 'resetLink':
      return { type: 'reset_peer', stream, toxicity: struck, attributes: { timeout: 0 } };
    case 'hangLink':
      // Without an end of its own: what is sent meanwhile is lost, and with the toxic the connection goes.
      return { type: 'timeout', stream, toxicity: struck, attributes: { timeout: 0 } };
  }
}
