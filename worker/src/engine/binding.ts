/**
 * The addon as TypeScript sees it. Only this folder may use it. Layouts are
 * those of worker/native/src/engine.h; LAYOUT_VERSION changes with them.
 */
export const LAYOUT_VERSION = 7;

/** Kinds of events in a batch. */
export const EVENT = {
  ACCEPT: 0,
  CONNECT: 1,
  DATA: 2,
  DRAIN: 3,
  LIMIT: 4,
  LATE: 5,
  CLOSE: 6,
} as const;

/** events[0] is the index of the event being handled; events follow the head. */
export const EVENTS_HEAD = 8;
/** kind, slot, generation, a, b. */
export const EVENT_INTS = 5;

/** Doubles per connection, written by the engine. */
export const ROW = { SENT: 0, RECEIVED: 1, QUEUED: 2, CURSOR: 3, TIMESTAMP: 4 } as const;
export const ROW_FIELDS = 5;

/** Doubles per log; HEAD, LAG and TRIM are written by us, CURSORS by the engine. */
export const LOG = { HEAD: 0, LAG: 1, TRIM: 2, CURSORS: 3 } as const;
export const LOG_FIELDS = 4;
export const LOGS_MAX = 32768;

/** Counts of lateness, a bucket a millisecond, the last one for all above:
 * first those of send ticks, then those of turns of the loop. */
export const LAG_BUCKETS = 8192;
export const LAGS = { TICK: 0, TURN: 1 } as const;
export const LAG_KINDS = 2;

/** What create() is given; it keeps all of it until the engine is closed. */
export interface SharedMemory {
  readonly slab: Buffer;
  readonly events: Int32Array;
  readonly rows: Float64Array;
  readonly logRows: Float64Array;
  readonly lags: Float64Array;
  /** Second and further results of a call, arguments that are lists. */
  readonly results: Float64Array;
}

/** An answer's handle; the engine keeps the answer as long as it is referred to. */
export type AnswerHandle = object;

/** Numbers below 0 are failures. A closed engine does nothing. */
export interface Binding {
  readonly arena: ArrayBuffer;
  write(slot: number, bytes: Uint8Array): void;
  /** -1: the range is not in the log. */
  span(
    slot: number,
    log: number,
    position: number,
    length: number,
    head?: Uint8Array,
  ): number | undefined;
  /** Tells once that the queue is empty. */
  drain(slot: number): void;
  attach(slot: number, log: number, position: number, urgent: boolean): void;
  move(slot: number, position: number, skippedMs: number, prefix?: Uint8Array): void;
  limit(slot: number, position: number): void;
  detach(slot: number): void;
  /** Results: see SocketMemory. -1: the connection is closed. */
  memory(slot: number): number | undefined;
  coalesce(slot: number, on: boolean): void;
  pause(slot: number, on: boolean): void;
  discard(slot: number, on: boolean): void;
  /** Undefined: no memory. */
  answerOpen(): AnswerHandle | undefined;
  /** Without bytes it is taken back. */
  answerSet(answer: AnswerHandle, bytes?: Uint8Array): void;
  /** The request that is being told, slab[start, end), is answered alike from now on. */
  expect(slot: number, answer: AnswerHandle, start: number, end: number): void;
  forget(slot: number): void;
  end(slot: number): void;
  closeConnection(slot: number): void;
  /** Results: remote port, local port. */
  address(slot: number): string | undefined;
  openLog(framing: number, chunkBytes: number): number;
  /** Offset of the new extent in the arena; results: its capacity. */
  extend(log: number, bytes: number): number;
  trim(log: number): void;
  closeLog(log: number): void;
  /** Id, or a negative errno. Results: port. */
  listen(host: string, port: number, reusePort: boolean, paced: boolean, tls: number): number;
  unlisten(id: number): void;
  /** Slot; -1: none is free, or no literal address. Results: generation. */
  connect(host: string, port: number): number | undefined;
  /** Id of a set without certificates; 0: too many protocols (ALPN's form). */
  tlsOpen(protocols: Uint8Array): number;
  /** Certificate, key, certificate, key … in bytes, their lengths in results.
   * Nothing, or why not; results: which pair is of no use. */
  tlsReplace(id: number, bytes: Uint8Array, pairs: number): string | undefined;
  /** The header of the PROXY protocol before the handshake of who was just accepted. */
  preface(slot: number): Buffer | undefined;
  /** Why the last handshake failed. */
  tlsFailure(): string | undefined;
  setTicks(sendTickMs: number, readTickMs: number): void;
  acceptRate(perSecond: number): void;
  stats(): void;
  /** CPUs in results; thread 0 is the calling one. 0, or a positive errno. */
  pin(count: number, thread: number): number;
  affinity(thread: number): number;
  closeEngine(): void;
}

/** One engine, as all that belongs to it sees it. */
export interface EngineDoor {
  readonly binding: Binding;
  readonly memory: SharedMemory;
}

export interface Addon {
  readonly layout: number;
  create(
    options: object,
    memory: SharedMemory,
    dispatch: (from: number, count: number) => void,
  ): Binding;
}
