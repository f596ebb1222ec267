import { NativeAnswer } from './answer.ts';
import { NativeConnection } from './connection.ts';
import type { Binding, EngineDoor, SharedMemory } from './binding.ts';
import {
  EVENT,
  EVENT_INTS,
  EVENTS_HEAD,
  LAG_BUCKETS,
  LAG_KINDS,
  LAGS,
  LOGS_MAX,
  LOG_FIELDS,
  ROW_FIELDS,
} from './binding.ts';
import type {
  Connection,
  ConnectionHandler,
  Engine,
  EngineLags,
  EngineLog,
  EngineOptions,
  EngineStats,
  Framing,
  Listener,
  ListenOptions,
  StandingAnswer,
  TlsContext,
  TlsOptions,
} from './engine.ts';
import { affinityError, listenError } from './faults.ts';
import { loadAddon, openEngine } from './load.ts';
import { NativeLog } from './log.ts';
import { readStats } from './stats.ts';
import { NativeTls } from './tls.ts';

const MIB = 1024 * 1024;
/** Events handed over in one call; more wait for the next. */
const EVENTS_MAX = 4096;
const RESULTS_MAX = 1024;
/** Of a connection that could not be opened: calls on it do nothing. */
const NO_SLOT = -1;
/** Places in the engine's order of CloseReason. */
const CLOSED_BY_US = 0;
const CLOSED_BY_ERROR = 6;
const CALLING_THREAD = 0;
/** Room for one read at least (READ_ROOM_MIN_BYTES in connection.c). */
const SLAB_MIN_BYTES = 16384;
/** Above the time of a handshake, at the end of which a listener's handler is asked for. */
const LATECOMERS_MS = 15_000;

export const DEFAULT_ENGINE_OPTIONS: EngineOptions = {
  arenaBytes: 8192 * MIB,
  arenaCapBytes: 2048 * MIB,
  slabBytes: 1 * MIB,
  maxConnections: 16384,
  sendBufferBytes: 512 * 1024,
  receiveBufferBytes: 512 * 1024,
  maxQueuedBytes: 1 * MIB,
};

/** Throws WorkerError ENGINE_MISSING or ENGINE_BROKEN. */
export function createEngine(options: EngineOptions): Engine {
  return new NativeEngine(options);
}

interface Accepting {
  readonly onAccept: ListenOptions['onAccept'];
  readonly isEncrypted: boolean;
}

class NativeEngine implements Engine {
  readonly lags: EngineLags;
  readonly arenaCapBytes: number;
  readonly #memory: SharedMemory;
  readonly #binding: Binding;
  readonly #door: EngineDoor;
  readonly #connections: (NativeConnection | undefined)[] = [];
  readonly #listeners = new Map<number, Accepting>();
  #nextId = 1;
  #closed = false;

  constructor(options: EngineOptions) {
    if (options.slabBytes < SLAB_MIN_BYTES) throw new RangeError('slabBytes is too small');
    this.arenaCapBytes = options.arenaCapBytes;
    this.#memory = {
      slab: Buffer.allocUnsafeSlow(options.slabBytes),
      events: new Int32Array(EVENTS_HEAD + EVENTS_MAX * EVENT_INTS),
      rows: new Float64Array(options.maxConnections * ROW_FIELDS),
      logRows: new Float64Array(LOGS_MAX * LOG_FIELDS),
      lags: new Float64Array(LAG_KINDS * LAG_BUCKETS),
      results: new Float64Array(RESULTS_MAX),
    };
    const lagsOf = (kind: number): Float64Array =>
      this.#memory.lags.subarray(kind * LAG_BUCKETS, (kind + 1) * LAG_BUCKETS);
    this.lags = { tick: lagsOf(LAGS.TICK), turn: lagsOf(LAGS.TURN) };
    const dispatch = (from: number, count: number): void => this.#dispatch(from, count);
    this.#binding = openEngine(loadAddon(), options, this.#memory, dispatch);
    this.#door = { binding: this.#binding, memory: this.#memory };
  }

  listen(options: ListenOptions): Listener {
    const { host, reusePort, paced = false } = options;
    const tls = NativeTls.idOf(options.tls);
    const id = this.#binding.listen(host, options.port, reusePort, paced, tls);
    if (!(id >= 0)) throw listenError(options, id);
    const port = this.#memory.results[0] ?? 0;
    this.#listeners.set(id, { onAccept: options.onAccept, isEncrypted: options.tls !== undefined });
    const close = (): void => {
      this.#binding.unlisten(id);
      setTimeout(() => this.#listeners.delete(id), LATECOMERS_MS).unref();
    };
    return { port, close };
  }

  createTls(options: TlsOptions): TlsContext {
    return new NativeTls(this.#door, options);
  }

  get tlsFailure(): string {
    return this.#binding.tlsFailure() ?? '';
  }

  connect(host: string, port: number, handler: ConnectionHandler): Connection {
    const slot = this.#binding.connect(host, port) ?? NO_SLOT;
    const generation = this.#memory.results[0] ?? 0;
    const connection =
      slot === NO_SLOT
        ? new NativeConnection(this.#nextId++, NO_SLOT, 0, this.#door)
        : this.#adopt(slot, generation);
    connection.handler = handler;
    if (slot === NO_SLOT) process.nextTick(() => connection.tellClosed(CLOSED_BY_ERROR));
    return connection;
  }

  createLog(framing: Framing, options?: { readonly chunkBytes?: number }): EngineLog {
    return new NativeLog(this.#door, framing, options?.chunkBytes);
  }

  createAnswer(): StandingAnswer {
    return new NativeAnswer(this.#binding);
  }

  setTicks(sendTickMs: number, readTickMs: number): void {
    this.#binding.setTicks(sendTickMs, readTickMs);
  }

  setAcceptRate(perSecond: number): void {
    this.#binding.acceptRate(perSecond);
  }

  connections(): Connection[] {
    return this.#open();
  }

  get arenaUsedBytes(): number {
    return this.stats().arenaInUseBytes;
  }

  stats(): EngineStats {
    this.#binding.stats();
    return readStats(this.#memory.results);
  }

  pin(cpus: readonly number[], threadId = CALLING_THREAD): void {
    this.#memory.results.set(cpus.slice(0, RESULTS_MAX));
    const errno = this.#binding.pin(cpus.length, threadId);
    if (errno !== 0) throw affinityError(cpus, errno);
  }

  affinity(threadId = CALLING_THREAD): number[] {
    const count = this.#binding.affinity(threadId);
    return Array.from(this.#memory.results.subarray(0, count));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const open = this.#open();
    for (const connection of open) connection.close();
    this.#connections.length = 0;
    this.#listeners.clear();
    this.#binding.closeEngine();
    process.nextTick(() => {
      for (const connection of open) connection.tellClosed(CLOSED_BY_US);
    });
  }

  #open(): NativeConnection[] {
    return this.#connections.filter((connection) => connection !== undefined);
  }

  #adopt(slot: number, generation: number): NativeConnection {
    const connection = new NativeConnection(this.#nextId++, slot, generation, this.#door);
    this.#connections[slot] = connection;
    return connection;
  }

  /** Handles events [from, count). An exception ends the call; the engine then
   * reports it as uncaught and goes on behind the event in events[0]. */
  #dispatch(from: number, count: number): void {
    const events = this.#memory.events;
    for (let i = from; i < count && !this.#closed; i += 1) {
      events[0] = i;
      const at = EVENTS_HEAD + i * EVENT_INTS;
      const slot = events[at + 1] ?? 0;
      const generation = events[at + 2] ?? 0;
      if (events[at] === EVENT.ACCEPT) {
        this.#accept(slot, generation, events[at + 3] ?? 0);
        continue;
      }
      const connection = this.#connections[slot];
      if (connection?.generation === generation) this.#tell(connection, slot, at);
    }
  }

  #accept(slot: number, generation: number, listener: number): void {
    const connection = this.#adopt(slot, generation);
    const accepting = this.#listeners.get(listener);
    if (accepting === undefined) {
      connection.close();
      return;
    }
    if (accepting.isEncrypted) connection.setEncrypted();
    const preface = accepting.isEncrypted ? this.#binding.preface(slot) : undefined;
    accepting.onAccept(connection, preface);
  }

  #tell(connection: NativeConnection, slot: number, at: number): void {
    const events = this.#memory.events;
    const kind = events[at] ?? 0;
    const a = events[at + 3] ?? 0;
    if (kind === EVENT.CLOSE) {
      this.#connections[slot] = undefined;
      connection.tellClosed(a);
    } else {
      connection.tell(kind, this.#memory.slab, a, events[at + 4] ?? 0);
    }
  }
}
