import type { Authenticator } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { NatsLink } from './nats-link.ts';

export interface NatsTarget {
  readonly url: string;
  /** Whose credentials: links to one server with other credentials are apart. */
  readonly identity: string;
  readonly authenticator: Authenticator | undefined;
}

interface Shared {
  readonly link: NatsLink;
  users: number;
}

/** One connection for all StreamClusters with the same NATS and credentials. */
export class NatsLinks {
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly links = new Map<string, Shared>();

  constructor(clock: Clock, log: Logger) {
    this.clock = clock;
    this.log = log;
  }

  /** A link that connects by itself; to be given back by release(). */
  acquire({ url, identity, authenticator }: NatsTarget): NatsLink {
    const key = `${identity} ${url}`;
    const { clock, log } = this;
    let shared = this.links.get(key);
    if (shared === undefined) {
      shared = { link: new NatsLink({ url, authenticator, clock, log }), users: 0 };
      this.links.set(key, shared);
      shared.link.start();
    }
    shared.users += 1;
    return shared.link;
  }

  /** The last user closes it. */
  async release(link: NatsLink): Promise<void> {
    for (const [key, shared] of this.links) {
      if (shared.link !== link) continue;
      shared.users -= 1;
      if (shared.users > 0) return;
      this.links.delete(key);
      await link.close();
      return;
    }
  }

  async close(): Promise<void> {
    const all = [...this.links.values()];
    this.links.clear();
    await Promise.all(all.map(async ({ link }) => await link.close()));
  }
}
