import type { CloseReason } from '../engine/engine.ts';
import type { Place } from './place.ts';

/** Why a release is refused. */
export const RELEASE_PUBLISHER_ALIVE = 'publisher-alive';
/** The caller's view of the directory is old: it reads again. */
export const RELEASE_NEWER_EPOCH = 'newer-epoch';

/** Answer of a worker that was asked to hand a stream over. */
export interface ReleaseAnswer {
  /** False: its publisher is alive, or it knows a newer epoch. */
  readonly isReleased: boolean;
  readonly reason: string;
  /** JSON of stream/continuation.ts; empty when it has nothing of the stream. */
  readonly continuation: Uint8Array;
}

export interface ReleaseCall {
  readonly stream: string;
  readonly epoch: number;
  readonly newIngestWorker: string;
}

export interface AssignCall {
  readonly stream: string;
  readonly epoch: number;
  readonly ingestWorker: string;
}

/** Why a worker does not get ready to serve. */
export type NotReadyReason = 'draining' | 'overloaded' | 'newer-epoch' | 'not-caught-up';

/** The directory entry as it is to be. */
export interface PrepareCall {
  readonly stream: string;
  readonly epoch: number;
  readonly ingestWorker: string;
  readonly home: string;
  readonly replicas: readonly string[];
}

/** Who is to serve a stream, as whoever asks decided on the entry of an epoch. */
export interface ServeCall {
  readonly stream: string;
  readonly epoch: number;
  readonly home: string;
  /** In the order of the relay tree. */
  readonly replicas: readonly string[];
  /** For logs. */
  readonly reason: string;
}

/** ServeOutcome of the contract (proto/streamcluster/v1/worker.proto). */
export type ServeResult =
  | 'done'
  | 'unchanged'
  | 'not-ingest'
  | 'newer-epoch'
  | 'target-not-ready'
  | 'busy'
  | 'directory-unavailable'
  | 'invalid';

export interface ServeAnswer {
  readonly result: ServeResult;
  /** In force afterwards; undefined: the stream is not known. */
  readonly place: Place | undefined;
  /** Workers that did not catch up in time. */
  readonly notReady: readonly string[];
}

/** Calls to other workers and to the operator. Every one has a deadline and
 * rejects when it has no answer. Addresses are `host:port`. */
export interface Peers {
  release(address: string, call: ReleaseCall): Promise<ReleaseAnswer>;
  assign(address: string, call: AssignCall): Promise<void>;
  /** Undefined: the worker has caught up with the stream. */
  prepare(address: string, call: PrepareCall): Promise<string | undefined>;
  serve(address: string, call: ServeCall): Promise<ServeResult>;
  /** Id of the worker that the operator drew. */
  place(stream: string, ingestWorker: string): Promise<string>;
}

export interface RelayRequest {
  /** `host:port` of the upstream's own HTTP port. */
  readonly address: string;
  readonly app: string;
  readonly name: string;
  readonly epoch: number;
  /** Undefined: from the oldest segment that playlists show. */
  readonly fromSequence: number | undefined;
  /** Who asks. */
  readonly worker: string;
  /** As it knows the place, the publisher is at the upstream. */
  readonly isFromIngest: boolean;
  /** It serves the stream to others, or is about to. */
  readonly isServer: boolean;
  /** A server that is full named the upstream, which is none itself. */
  readonly isSentOn: boolean;
}

/** What an upstream answers instead of the stream. */
export interface RelayRefusal {
  readonly status: number;
  /** It feeds as many relays as it may. */
  readonly isFull: boolean;
  /** One of those whom it feeds, to be asked instead. */
  readonly tryWorker: string | undefined;
}

export interface RelayLinkHandler {
  /** The upstream answered with another HTTP status than 200; onClosed follows. */
  onRefused(refusal: RelayRefusal): void;
  /** Relay records, in any pieces, valid only during the call. */
  onBytes(buf: Buffer, start: number, end: number): void;
  /** Called once, last; not after close(). */
  onClosed(reason: CloseReason): void;
}

export interface RelayLink {
  close(): void;
}

/** Opens the connection of a relay. */
export interface RelayDialer {
  dial(request: RelayRequest, handler: RelayLinkHandler): RelayLink;
}
