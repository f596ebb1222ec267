/** What fleet and its directory need of NATS. Implemented by adapters/nats-link.ts
 * and, for simulation, in memory. */
export interface BusLink {
  readonly isConnected: boolean;
  /** Called at every change of isConnected. Returns what ends it. */
  onConnection(listener: (isConnected: boolean) => void): () => void;
  /** Through every reconnect. Returns what ends it. */
  subscribe(subject: string, onMessage: (payload: Uint8Array, subject: string) => void): () => void;
  /** A key-value bucket of the server. */
  bucket(options: BucketOptions): Bucket;
}

export interface BucketOptions {
  readonly bucket: string;
  readonly storage: 'file' | 'memory';
  /** Servers that keep it, of a NATS cluster. */
  readonly replicas: number;
}

/** One life of a bucket. */
export interface BucketLife {
  /** Tells it from the next, after the bucket was deleted and made anew. */
  readonly created: string;
  readonly isEmpty: boolean;
}

export interface BucketChange {
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
  /** All that was there has been told with this one. */
  readonly isLast: boolean;
}

/** All that is there, then what changes. Ends by itself only by a fault. */
export interface BucketWatch extends AsyncIterable<BucketChange> {
  stop(): void;
}

/** All calls reject with NATS_UNREACHABLE or NATS_REFUSED, also without a connection. */
export interface Bucket {
  /** Makes it if it is not there. */
  ensure(): Promise<BucketLife>;
  /** Rejects, too, when it is not there. */
  created(): Promise<string>;
  /** Writes what nobody sees. Rejects when nothing is stored. */
  probe(): Promise<void>;
  /** Deletes it with all that is in it. */
  destroy(): Promise<void>;
  /** Silent when the bucket is deleted and made anew. */
  watch(): Promise<BucketWatch>;
}
