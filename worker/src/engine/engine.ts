/**
 * The whole interface of the native engine (worker/native, plain C).
 *
 * The engine holds the mechanism (sockets, memory, sends), TypeScript holds
 * every protocol and every decision. Nothing else in the house may touch the
 * addon. Sizes are bytes, times are milliseconds, positions are byte counters
 * that only grow (exact up to 2^53).
 */

/** How the records of a log are framed, so that a cursor can stop between two. */
export type Framing = 'flv' | 'ws-flv' | 'rtmp' | 'relay' | 'raw';

/** Why a connection ended. `local` is our own close() or end(). */
export type CloseReason =
  'local' | 'remote' | 'reset' | 'timeout' | 'overflow' | 'refused' | 'error';

export interface EngineOptions {
  /** Virtual size of the arena; only touched pages cost memory. */
  readonly arenaBytes: number;
  /** Bound on the extents in use; beyond it reserve() refuses. */
  readonly arenaCapBytes: number;
  /** Bytes read from all sockets in one batch before they are handed over. */
  readonly slabBytes: number;
  readonly maxConnections: number;
  /** Cap on SO_SNDBUF and SO_RCVBUF of every connection. 0: the kernel's own. */
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  /** Bound on what write() may queue on one connection. */
  readonly maxQueuedBytes: number;
}

/** One certificate and its private key, both PEM; the key has no password. */
export interface TlsPair {
  /** The certificate, then those that lead to the authority. */
  readonly certificate: Uint8Array;
  readonly key: Uint8Array;
}

export interface TlsOptions {
  /** At least one: the first is shown to whoever names a host that none has. */
  readonly certificates: readonly TlsPair[];
  /** What may be spoken inside, as ALPN names it; none: whatever the client wants. */
  readonly protocols?: readonly string[];
}

/** Certificates that listeners share. It lives as long as the engine. */
export interface TlsContext {
  /** For handshakes from now on; who is connected stays. Throws
   * TLS_CERTIFICATE_INVALID, and then nothing has changed. */
  replace(certificates: readonly TlsPair[]): void;
}

export interface ListenOptions {
  /** A literal IPv4 or IPv6 address. `::` takes both families. */
  readonly host: string;
  /** 0 draws a free one, see Listener.port. */
  readonly port: number;
  readonly reusePort: boolean;
  /** What it accepts counts against setAcceptRate(). */
  readonly paced?: boolean;
  /** Accepted connections speak TLS 1.2 or 1.3, and are told of once they do. */
  readonly tls?: TlsContext | undefined;
  /** `preface`: the header of the PROXY protocol that came before a handshake of TLS;
   * whoever takes the connection decides whether the peer may write one. */
  readonly onAccept: (connection: Connection, preface?: Buffer) => void;
}

export interface Listener {
  readonly port: number;
  /** Nobody comes any more. Whoever waits in the kernel, or shakes hands, is accepted yet:
   * not from within a call of a handler, where those who wait are reset. */
  close(): void;
}

/** What a connection tells its owner. Exceptions thrown here end the process loudly. */
export interface ConnectionHandler {
  /** What the connection is, for /debug/objects: `http`, `flv viewer` ... */
  readonly kind?: string;
  /** Bytes arrived: slab[start, end), valid only during the call. */
  onData(slab: Buffer, start: number, end: number): void;
  /** An outbound connection is established. */
  onConnect?(): void;
  /** Queued writes and spans have all been given to the kernel, as askDrain() wanted
   * to know. */
  onDrain?(): void;
  /** The cursor reached the limit set for it, at a record boundary. */
  onCursorLimit?(): void;
  /** The cursor fell behind the log's lag position. It stands at a record
   * boundary, sends nothing more, and waits for moveCursor() or close(). */
  onCursorLate?(): void;
  /** Called once, last. */
  onClose(reason: CloseReason): void;
}

export interface CursorOptions {
  readonly position: number;
  /** Relays are served at the shortest tick whatever the load. */
  readonly urgent?: boolean;
}

/** With what the engine answers requests that come again: see Connection.expect(). */
export interface StandingAnswer {
  /** False: handlers are told of every request. */
  readonly isSet: boolean;
  /** What is sent from now on, copied; undefined takes it back. */
  set(bytes: Uint8Array | undefined): void;
}

/** What the kernel holds of one socket. */
export interface SocketMemory {
  /** Sent or to be sent, and not acknowledged. */
  readonly unacknowledgedBytes: number;
  /** Of those, what never left. */
  readonly unsentBytes: number;
  /** Received and not read. */
  readonly unreadBytes: number;
  /** What that costs, with the kernel's own overhead. Sent pages of logs count,
   * although all viewers of a log share them. */
  readonly sendMemoryBytes: number;
  readonly receiveMemoryBytes: number;
}

/** One TCP connection. All methods are no-ops once it is closed. */
export interface Connection {
  readonly id: number;
  /** The peer's, or whom it passes on: see passesOn(). */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  /** It came to a listener with TLS. */
  readonly isEncrypted: boolean;
  readonly closed: boolean;
  handler: ConnectionHandler;
  /** Bytes handed to the kernel, and received, so far; of TLS, what is inside. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Queued and not yet given to the kernel, without the cursor's. */
  readonly queuedBytes: number;
  /**
   * Copies the bytes and sends them in order behind what is queued. With a
   * cursor attached they go out between two records. Beyond maxQueuedBytes the
   * connection is closed with reason `overflow`.
   */
  write(bytes: Uint8Array): void;
  /** Queues length bytes of a log from position on, without copying them; behind a
   * copy of `head`. The bytes stay valid until sent, also when the log is trimmed
   * or closed. */
  writeSpan(log: EngineLog, position: number, length: number, head?: Uint8Array): void;
  /** onDrain is called once, when nothing is queued (any more). */
  askDrain(): void;
  /** From now on, behind what is queued, the connection follows the log. */
  attachCursor(log: EngineLog, options: CursorOptions): void;
  /**
   * Continues a late cursor elsewhere: first `prefix` (whole records), then
   * the log from position on, timestamps reduced by skippedMs (total of all
   * jumps of this viewer). Only valid in or after onCursorLate.
   */
  moveCursor(position: number, skippedMs: number, prefix?: Uint8Array): void;
  /** onCursorLimit is called once position is reached. Infinity: no limit. */
  limitCursor(position: number): void;
  detachCursor(): void;
  /** Position of the next byte the cursor sends. -1 without a cursor. */
  readonly cursorPosition: number;
  /**
   * Largest record timestamp sent by the cursor, in the log's time, known when it
   * is late: minus skippedMs it is what the viewer saw last, also when nothing
   * was sent since the last jump. -1: nothing was sent since attachCursor().
   */
  readonly cursorTimestampMs: number;
  /** Asks the kernel; undefined once it is closed. */
  socketMemory(): SocketMemory | undefined;
  /** Reads of this connection may wait for the read tick (busy publishers). */
  coalesceReads(on: boolean): void;
  pauseReads(on: boolean): void;
  /** Input is counted and dropped in the kernel (load generators, viewers). */
  discardInput(on: boolean): void;
  /**
   * Within onData, of a request that is all that is told, slab[start, end): when
   * exactly these bytes come again, alone and with nothing queued, the engine sends
   * the answer, if it is set, and tells nobody. Everything else is told as ever,
   * and then nothing is expected any more until this is called again.
   */
  expect(answer: StandingAnswer, start: number, end: number): void;
  /** Nothing is expected any more. */
  forget(): void;
  /** The peer is a proxy, and this is its client. */
  passesOn(address: string, port: number): void;
  /** Sends what is queued (not the cursor's), then closes; at most 5 s. */
  end(): void;
  /** Closes at once. */
  close(): void;
}

/** An append-only log in the arena. Records never straddle two extents. */
export interface EngineLog {
  readonly id: number;
  readonly framing: Framing;
  /** Where the next record goes: buffer[offset, offset + reserved). */
  readonly buffer: Buffer;
  readonly offset: number;
  /** Makes room for one record. False: the arena is full, nothing changed. */
  reserve(bytes: number): boolean;
  /** Makes `bytes` of what was reserved visible. Returns its position. */
  commit(bytes: number): number;
  /** Position behind the last record. */
  readonly head: number;
  /** Position of the oldest byte that is kept. */
  readonly tail: number;
  /** Nothing before position is needed for new viewers. Extents in front of it
   * are freed once no cursor and no span needs them; cursors left behind it
   * become late at once. */
  trim(position: number): void;
  /** Cursors before this position are late. Cheap, may be called per frame. */
  setLagPosition(position: number): void;
  /** The extent that holds position, or undefined when it is gone. Its first
   * byte is always the start of a record. */
  locate(position: number): Extent | undefined;
  readonly cursors: number;
  /** Memory of the arena in its extents, used or not. */
  readonly arenaBytes: number;
  /** Detaches all cursors (their connections stay open) and frees the log. */
  close(): void;
}

export interface Extent {
  /** Position of buffer[0]. */
  readonly start: number;
  /** View of the whole extent; valid until trimmed. */
  readonly buffer: Buffer;
  /** Bytes of it in use so far. */
  readonly used: number;
}

export interface EngineStats {
  readonly connections: number;
  readonly cursors: number;
  readonly logs: number;
  readonly extents: number;
  /** Pieces of what write() and writeSpan() left to send. */
  readonly queueItems: number;
  readonly acceptedTotal: number;
  readonly acceptErrorsTotal: number;
  readonly bytesReceivedTotal: number;
  readonly bytesSentTotal: number;
  readonly readCallsTotal: number;
  readonly sendCallsTotal: number;
  readonly lateCursorsTotal: number;
  readonly overflowsTotal: number;
  /** Extents that logs, cursors or spans hold. */
  readonly arenaInUseBytes: number;
  /** Free, with pages that may be written again. */
  readonly arenaRecycledBytes: number;
  /** Given back to the machine. */
  readonly arenaEmptiedBytesTotal: number;
  readonly queuedBytes: number;
  readonly sendTickMs: number;
  readonly readTickMs: number;
  /** Since start: how long the loop did not wait. */
  readonly activeMs: number;
  /** Turns of the loop, runs of due sends, batches handed to JavaScript. */
  readonly turnsTotal: number;
  readonly ticksTotal: number;
  readonly batchesTotal: number;
  /** Time by part since start; none contains another. The rest of activeMs is
   * what runs beside the engine: timers, NATS, gRPC ... */
  readonly readMs: number;
  readonly jsMs: number;
  readonly sendMs: number;
  readonly houseMs: number;
  /** Of readMs and sendMs what waited for its tick: the rest was done at once. */
  readonly tickReadMs: number;
  readonly tickSendMs: number;
  /** Connections that speak TLS; handshakes done so far, with how many of them
   * resumed an earlier session, and those that failed. */
  readonly tlsConnections: number;
  readonly tlsHandshakesTotal: number;
  readonly tlsResumedTotal: number;
  readonly tlsFailuresTotal: number;
  /** What was encrypted and waits for the kernel. */
  readonly tlsWaitingBytes: number;
  /** Requests that were answered by standing answers. */
  readonly repeatsTotal: number;
}

/** Counts that only grow: how often something took so many whole milliseconds;
 * the last place counts all that took longer. */
export interface EngineLags {
  /** How late ticks of sending ran. */
  readonly tick: Float64Array;
  /** How long the loop was busy between two waits. */
  readonly turn: Float64Array;
}

export interface Engine {
  listen(options: ListenOptions): Listener;
  /** Throws TLS_CERTIFICATE_INVALID, with which one and why. */
  createTls(options: TlsOptions): TlsContext;
  /** Why the last handshake failed, in OpenSSL's words; empty: none did. */
  readonly tlsFailure: string;
  /** Host is a literal address. Failure arrives as onClose. */
  connect(host: string, port: number, handler: ConnectionHandler): Connection;
  /** For framing `rtmp`, chunkBytes is the chunk size of the log's messages. */
  createLog(framing: Framing, options?: { readonly chunkBytes?: number }): EngineLog;
  /** Lives as long as something refers to it. */
  createAnswer(): StandingAnswer;
  /** Sets the ticks; readTickMs 0 wakes the loop at once. See tick-policy.ts. */
  setTicks(sendTickMs: number, readTickMs: number): void;
  /** Connections that all paced listeners together accept in a second; others
   * wait in the kernel. 0: no bound. */
  setAcceptRate(perSecond: number): void;
  stats(): EngineStats;
  readonly arenaCapBytes: number;
  readonly arenaUsedBytes: number;
  readonly lags: EngineLags;
  /** All that are open now. */
  connections(): Connection[];
  /** Pins a thread of this process, by default the calling one. Throws
   * ENGINE_AFFINITY with the reason. */
  pin(cpus: readonly number[], threadId?: number): void;
  /** CPUs that a thread may run on; none when it is gone. */
  affinity(threadId?: number): number[];
  /** Closes every connection and listener; the process may then end. */
  close(): void;
}
