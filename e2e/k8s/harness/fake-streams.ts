import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { bucketKey, encodeDirectoryEntry } from '../../../proto/src/mod.ts';

export interface FakeStreamsRequest {
  /** Of the StreamCluster. */
  readonly bucket: string;
  readonly count: number;
  /** Workers that are home of them, by turns. */
  readonly homes: readonly string[];
}

/** Writes streams into directories, as workers would. */
export class FakeStreams {
  private readonly nats: NatsConnection;

  private constructor(nats: NatsConnection) {
    this.nats = nats;
  }

  static async connect(natsUrl: string): Promise<FakeStreams> {
    return new FakeStreams(await connect({ servers: natsUrl }));
  }

  /** From now on there are `count` of them, live/fake-0 and so on. */
  async set({ bucket, count, homes }: FakeStreamsRequest): Promise<void> {
    const kv = await new Kvm(this.nats).open(bucket);
    const wanted = new Set(Array.from({ length: count }, (_, i) => bucketKey(`live/fake-${i}`)));
    for await (const key of await kv.keys()) {
      if (!wanted.delete(key)) await kv.delete(key);
    }
    for (const [index, key] of [...wanted].entries()) {
      await kv.put(key, entry(homes[index % homes.length] ?? ''));
    }
  }

  async close(): Promise<void> {
    await this.nats.close();
  }
}

function entry(home: string): Uint8Array {
  return encodeDirectoryEntry({
    ...{ home, ingest: home, replicas: [], epoch: 1, nonce: 'fake' },
    publishedUnixMs: Date.now(),
  });
}
