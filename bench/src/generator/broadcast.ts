import type { Engine } from '@streamcluster/worker';
import type { ServerUnderTest } from '../server/server.ts';
import type { Clip } from './clip.ts';
import { Feed } from './feed.ts';
import { Publisher } from './publisher.ts';
import { RawPublisher } from './raw-clients.ts';
import { sleep } from './wait.ts';

const HOST = '127.0.0.1';
const BATCH = 25;
const BATCH_PAUSE_MS = 20;
const CLOSE_MS = 3000;

export interface BroadcastOptions {
  readonly engine: Engine;
  readonly server: ServerUnderTest;
  readonly app: string;
  readonly names: readonly string[];
  readonly clip: Clip;
}

type AnyPublisher = Publisher | RawPublisher;

/** The same clip published under several names. A floor makes its own streams. */
export class Broadcast {
  readonly feed: Feed;
  readonly publishers: readonly AnyPublisher[];
  private ending: Promise<void> | undefined = undefined;

  private constructor(feed: Feed, publishers: readonly AnyPublisher[]) {
    this.feed = feed;
    this.publishers = publishers;
  }

  /** Resolves when the server took every stream. */
  static async start(options: BroadcastOptions): Promise<Broadcast> {
    const { engine, clip, names } = options;
    const feed = new Feed(engine, clip);
    const publishers: AnyPublisher[] = [];
    const open = opener(options, feed);
    for (const [i, name] of names.entries()) {
      if (open !== undefined) publishers.push(open(name));
      if (i % BATCH === BATCH - 1) await sleep(BATCH_PAUSE_MS);
    }
    try {
      await Promise.all(publishers.map(({ live }) => live));
    } catch (error) {
      for (const { connection } of publishers) connection.close();
      feed.stop();
      throw error;
    }
    return new Broadcast(feed, publishers);
  }

  /** Publishers that the server has closed. */
  get lost(): number {
    return this.publishers.filter(({ isLive }) => !isLive).length;
  }

  /** What publishers have written. */
  sentBytes(): number {
    let sum = 0;
    for (const { connection } of this.publishers) sum += connection.bytesSent;
    return sum;
  }

  /** Ends every stream in an orderly way; once. */
  end(): Promise<void> {
    this.ending ??= this.endAll();
    return this.ending;
  }

  private async endAll(): Promise<void> {
    for (const publisher of this.publishers) publisher.unpublish();
    const closed = Promise.all(this.publishers.map((publisher) => publisher.closed));
    await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })]);
    this.feed.stop();
  }
}

function opener(
  { engine, server, app }: BroadcastOptions,
  feed: Feed,
): ((name: string) => AnyPublisher) | undefined {
  const { rtmp, raw } = server.ports;
  if (rtmp !== undefined && server.kind !== 'floor') {
    return (name) => new Publisher({ engine, host: HOST, port: rtmp, app, name, feed });
  }
  if (raw === undefined) return undefined;
  return () => new RawPublisher({ engine, host: HOST, port: raw, feed });
}
