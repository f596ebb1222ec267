import type { Binding, SharedMemory } from './binding.ts';
import { EVENT, ROW, ROW_FIELDS } from './binding.ts';
import type {
  CloseReason,
  Connection,
  ConnectionHandler,
  CursorOptions,
  EngineLog,
} from './engine.ts';
import { NativeLog } from './log.ts';

/** In the order of the engine's own. */
const CLOSE_REASONS: readonly CloseReason[] = [
  'local',
  'remote',
  'reset',
  'timeout',
  'overflow',
  'refused',
  'error',
];

/** Until an owner takes the connection over. */
const NOBODY: ConnectionHandler = { onData: () => undefined, onClose: () => undefined };

/** A slot of the engine. After close() its row may be somebody else's, so the
 * last figures are kept here. */
export class NativeConnection implements Connection {
  readonly id: number;
  readonly generation: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  handler: ConnectionHandler = NOBODY;
  readonly #binding: Binding;
  readonly #rows: Float64Array;
  readonly #slot: number;
  readonly #row: number;
  #closed = false;
  #ended = false;
  #told = false;
  #bytesSent = 0;
  #bytesReceived = 0;
  #timestampMs = 0;

  constructor(id: number, slot: number, generation: number, door: [Binding, SharedMemory]) {
    const [binding, memory] = door;
    this.id = id;
    this.generation = generation;
    this.#binding = binding;
    this.#rows = memory.rows;
    this.#slot = slot;
    this.#row = slot * ROW_FIELDS;
    this.remoteAddress = binding.address(slot) ?? '';
    this.remotePort = memory.results[0] ?? 0;
    this.localPort = memory.results[1] ?? 0;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get bytesSent(): number {
    return this.#closed ? this.#bytesSent : this.#field(ROW.SENT);
  }

  get bytesReceived(): number {
    return this.#closed ? this.#bytesReceived : this.#field(ROW.RECEIVED);
  }

  get queuedBytes(): number {
    return this.#closed ? 0 : this.#field(ROW.QUEUED);
  }

  get cursorPosition(): number {
    return this.#closed ? -1 : this.#field(ROW.CURSOR);
  }

  get cursorTimestampMs(): number {
    return this.#closed ? this.#timestampMs : this.#field(ROW.TIMESTAMP);
  }

  write(bytes: Uint8Array): void {
    if (!this.#closed) this.#binding.write(this.#slot, bytes);
  }

  writeSpan(log: EngineLog, position: number, length: number): void {
    if (this.#closed || this.#ended || length === 0) return;
    const slot = NativeLog.slotOf(log, position);
    if (this.#binding.span(this.#slot, slot, position, length) === -1) {
      throw new RangeError(`span [${position}, +${length}) is not in the log`);
    }
  }

  attachCursor(log: EngineLog, options: CursorOptions): void {
    if (this.#closed || this.#ended) return;
    const slot = NativeLog.slotOf(log, 0);
    if (!(options.position <= log.head)) {
      throw new RangeError(`cursor position ${options.position} is beyond the log's head`);
    }
    this.#binding.attach(this.#slot, slot, options.position, options.urgent === true);
  }

  moveCursor(position: number, skippedMs: number, prefix?: Uint8Array): void {
    if (!this.#closed) this.#binding.move(this.#slot, position, skippedMs, prefix);
  }

  limitCursor(position: number): void {
    if (!this.#closed) this.#binding.limit(this.#slot, position);
  }

  detachCursor(): void {
    if (!this.#closed) this.#binding.detach(this.#slot);
  }

  coalesceReads(on: boolean): void {
    if (!this.#closed) this.#binding.coalesce(this.#slot, on);
  }

  pauseReads(on: boolean): void {
    if (!this.#closed) this.#binding.pause(this.#slot, on);
  }

  discardInput(on: boolean): void {
    if (!this.#closed) this.#binding.discard(this.#slot, on);
  }

  end(): void {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    this.#binding.end(this.#slot);
  }

  close(): void {
    if (this.#closed) return;
    this.#binding.closeConnection(this.#slot);
    this.#keepFigures();
  }

  /** What happened to the connection, as the engine says; a and b as in its table. */
  tell(kind: number, slab: Buffer, a: number, b: number): void {
    if (this.#closed) return;
    if (kind === EVENT.DATA) {
      this.handler.onData(slab, a, b);
    } else if (kind === EVENT.DRAIN) {
      this.handler.onDrain?.();
    } else if (kind === EVENT.CONNECT) {
      this.handler.onConnect?.();
    } else if (this.cursorPosition >= 0) {
      this.#tellCursor(kind);
    }
  }

  /** The engine says that the connection is over. */
  tellClosed(reason: number): void {
    if (this.#told) return;
    this.#told = true;
    if (!this.#closed) this.#keepFigures();
    this.handler.onClose(CLOSE_REASONS[reason] ?? 'error');
  }

  #tellCursor(kind: number): void {
    if (kind === EVENT.LATE) {
      this.handler.onCursorLate?.();
    } else {
      this.handler.onCursorLimit?.();
    }
  }

  #field(field: number): number {
    return this.#rows[this.#row + field] ?? 0;
  }

  #keepFigures(): void {
    this.#bytesSent = this.#field(ROW.SENT);
    this.#bytesReceived = this.#field(ROW.RECEIVED);
    this.#timestampMs = this.#field(ROW.TIMESTAMP);
    this.#closed = true;
  }
}
