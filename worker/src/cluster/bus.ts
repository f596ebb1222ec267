/**
 * What cluster code needs of NATS: a small directory with compare-and-set and a
 * watch, and messages to many. Implemented by adapters/nats-bus.ts and, for
 * tests and simulation, by testing/memory-bus.ts.
 */

export type ReadResult =
  | { readonly kind: 'found'; readonly value: Uint8Array; readonly revision: number }
  /** `revision` is a deletion's, or 0: what a write must expect. */
  | { readonly kind: 'absent'; readonly revision: number }
  | { readonly kind: 'unavailable' };

export type WriteResult =
  | { readonly kind: 'written'; readonly revision: number }
  /** Somebody else wrote since. */
  | { readonly kind: 'conflict' }
  /** No answer came: it may be applied, now or later. Read again. */
  | { readonly kind: 'unknown' }
  /** It was not applied. */
  | { readonly kind: 'unavailable' };

/** Told in the order of revisions. */
export interface DirectoryWatcher {
  /** The entries follow from the start, as of a connection, or of a bucket that
   * was made anew (revisions start again). What is cached stays until onLoaded. */
  onReset(): void;
  /** Undefined: deleted. */
  onEntry(key: string, value: Uint8Array | undefined, revision: number): void;
  /** All that was there at onReset has been told. */
  onLoaded(): void;
}

export interface Bus {
  readonly isConnected: boolean;
  /** Called at every change of isConnected. */
  onConnection(callback: (isConnected: boolean) => void): void;
  /** From the leader, never from a replica that may lag. */
  read(key: string): Promise<ReadResult>;
  /** Compare and set. `value` undefined deletes; revision 0 expects that there
   * is nothing. Never throws. */
  write(key: string, value: Uint8Array | undefined, revision: number): Promise<WriteResult>;
  /** For as long as the bus lives, through every reconnect. */
  watch(watcher: DirectoryWatcher): void;
  /** Dropped while there is no connection. */
  publish(subject: string, payload: Uint8Array): void;
  subscribe(subject: string, onMessage: (payload: Uint8Array, subject: string) => void): void;
  close(): Promise<void>;
}
