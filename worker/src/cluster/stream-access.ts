import type { Frame } from '../media/frame.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { Stream } from '../stream/stream.ts';

/** Why a publication was closed from outside. */
export type RevokeReason =
  | 'replaced' // a newer connection of the same publisher took over
  | 'claim-lost' // another worker's claim came first
  | 'kicked'
  | 'draining';

/** Who publishes, as a protocol presents it. */
export interface Publisher {
  /** For logs and the API: `rtmp` … */
  readonly protocol: string;
  readonly remoteAddress: string;
  /** Called once, from outside only; the publication is closed already, the
   * protocol tells its client and closes the connection. */
  onRevoked(reason: RevokeReason): void;
}

/** One publisher's hold on a stream. Both methods are synchronous. */
export interface Publication {
  readonly stream: Stream;
  /** frame.dtsMs as received, 32 bits. Nothing happens once it is closed. */
  append(frame: Frame): void;
  /** `lost` keeps the stream for the grace; so does `unpublished`. */
  close(reason: 'unpublished' | 'lost'): void;
}

/** Who asks for a stream over HTTP. */
export interface NewViewer {
  readonly protocol: 'flv' | 'hls';
  readonly isEncrypted: boolean;
  /** It watches here already: a player of HLS, which asks again and again. */
  readonly isKnown: boolean;
  /** This worker would rather have it elsewhere. */
  readonly isShed: boolean;
  /** Epoch of the directory by which another worker sent it here. */
  readonly sentAtEpoch: number | undefined;
  /** Id of a player of HLS: it is sent where it was sent before. */
  readonly player?: string;
}

/** Where a new viewer is to go instead. */
export interface Elsewhere {
  /** `host:port`, of HTTPS for those who came over it. */
  readonly address: string;
  readonly epoch: number;
}

/** All that protocols see of the cluster. */
export interface StreamAccess {
  /**
   * The stream for a viewer, wherever its publisher is: local, or a relay that
   * all viewers of this worker share. The caller attaches at once. Rejects with
   * STREAM_NOT_FOUND, STREAM_UPSTREAM_LOST, WORKER_DRAINING or
   * WORKER_OVERLOADED.
   */
  view(name: StreamName): Promise<Stream>;
  /** The same without waiting: undefined when it is not here yet, or when view()
   * would refuse. */
  viewSync(name: StreamName): Stream | undefined;
  /** For viewers that come with each request and are known already: nobody who
   * watches is refused. Undefined when it is not here. */
  present(name: StreamName): Stream | undefined;
  /** Asked before a viewer is served, where its protocol has redirects; undefined:
   * serve it here. Without waiting, from what is known of the directory. */
  elsewhere(name: StreamName, viewer: NewViewer): Elsewhere | undefined;
  /** The directory is claimed and the home placed when this resolves. Rejects
   * with STREAM_BUSY, WORKER_DRAINING or WORKER_OVERLOADED. */
  publish(name: StreamName, publisher: Publisher): Promise<Publication>;
}
