import type { CloseReason } from '../engine/engine.ts';

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

/** Calls to other workers and to the operator. Every one has a deadline and
 * rejects when it has no answer. Addresses are `host:port`. */
export interface Peers {
  release(address: string, call: ReleaseCall): Promise<ReleaseAnswer>;
  assign(address: string, call: AssignCall): Promise<void>;
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
}

export interface RelayLinkHandler {
  /** The upstream answered with another HTTP status than 200; onClosed follows. */
  onRefused(status: number): void;
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
