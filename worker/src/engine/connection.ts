import type { EngineDoor } from './binding.ts';
import { NativeAnswer } from './answer.ts';
import { EVENT, ROW, ROW_FIELDS } from './binding.ts';
import type {
  CloseReason,
  Connection,
  ConnectionHandler,
  CursorOptions,
  EngineLog,
  SocketMemory,
  StandingAnswer,
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

/** What is left of a connection once its row may be somebody else's. */
interface LastFigures {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly cursorTimestampMs: number;
}

/** Bits of a connection's state: nothing more goes out behind end(), calls do
 * nothing once it is closed, its handler was told so, it came over TLS. */
const ENDED = 1;
const CLOSED = 2;
const TOLD = 4;
const ENCRYPTED = 8;
const OVER = ENDED | CLOSED | TOLD;

/**
 * A slot of the engine. There are thousands, so that it has few fields: what can
 * be computed is, what only a closed one needs is made when it closes.
 */
export class NativeConnection implements Connection {
  readonly id: number;
  readonly generation: number;
  remoteAddress: string;
  remotePort: number;
  readonly localPort: number;
  handler: ConnectionHandler = NOBODY;
  readonly #door: EngineDoor;
  readonly #slot: number;
  #state = 0;
  #last: LastFigures | undefined = undefined;

  constructor(id: number, slot: number, generation: number, door: EngineDoor) {
    this.id = id;
    this.generation = generation;
    this.#door = door;
    this.#slot = slot;
    this.remoteAddress = door.binding.address(slot) ?? '';
    this.remotePort = door.memory.results[0] ?? 0;
    this.localPort = door.memory.results[1] ?? 0;
  }

  get closed(): boolean {
    return (this.#state & CLOSED) !== 0;
  }

  get isEncrypted(): boolean {
    return (this.#state & ENCRYPTED) !== 0;
  }

  /** For the engine, when it is accepted. */
  setEncrypted(): void {
    this.#state |= ENCRYPTED;
  }

  get bytesSent(): number {
    return this.#last?.bytesSent ?? this.#field(ROW.SENT);
  }

  get bytesReceived(): number {
    return this.#last?.bytesReceived ?? this.#field(ROW.RECEIVED);
  }

  get queuedBytes(): number {
    return this.closed ? 0 : this.#field(ROW.QUEUED);
  }

  get cursorPosition(): number {
    return this.closed ? -1 : this.#field(ROW.CURSOR);
  }

  get cursorTimestampMs(): number {
    return this.#last?.cursorTimestampMs ?? this.#field(ROW.TIMESTAMP);
  }

  write(bytes: Uint8Array): void {
    if (!this.closed) this.#door.binding.write(this.#slot, bytes);
  }

  writeSpan(log: EngineLog, position: number, length: number, head?: Uint8Array): void {
    if (this.#isOver) return;
    if (length === 0) {
      if (head !== undefined) this.write(head);
      return;
    }
    const slot = NativeLog.slotOf(log, position);
    if (this.#door.binding.span(this.#slot, slot, position, length, head) === -1) {
      throw new RangeError(`span [${position}, +${length}) is not in the log`);
    }
  }

  askDrain(): void {
    if (!this.closed) this.#door.binding.drain(this.#slot);
  }

  attachCursor(log: EngineLog, options: CursorOptions): void {
    if (this.#isOver) return;
    const slot = NativeLog.slotOf(log, 0);
    if (!(options.position <= log.head)) {
      throw new RangeError(`cursor position ${options.position} is beyond the log's head`);
    }
    this.#door.binding.attach(this.#slot, slot, options.position, options.urgent === true);
  }

  moveCursor(position: number, skippedMs: number, prefix?: Uint8Array): void {
    if (!this.closed) this.#door.binding.move(this.#slot, position, skippedMs, prefix);
  }

  limitCursor(position: number): void {
    if (!this.closed) this.#door.binding.limit(this.#slot, position);
  }

  detachCursor(): void {
    if (!this.closed) this.#door.binding.detach(this.#slot);
  }

  socketMemory(): SocketMemory | undefined {
    if (this.closed || this.#door.binding.memory(this.#slot) !== 0) return undefined;
    const { results } = this.#door.memory;
    const [unacknowledged = 0, unsent = 0, unread = 0, send = 0, receive = 0] = results;
    return {
      unacknowledgedBytes: unacknowledged,
      unsentBytes: unsent,
      unreadBytes: unread,
      sendMemoryBytes: send,
      receiveMemoryBytes: receive,
    };
  }

  coalesceReads(on: boolean): void {
    if (!this.closed) this.#door.binding.coalesce(this.#slot, on);
  }

  pauseReads(on: boolean): void {
    if (!this.closed) this.#door.binding.pause(this.#slot, on);
  }

  discardInput(on: boolean): void {
    if (!this.closed) this.#door.binding.discard(this.#slot, on);
  }

  expect(answer: StandingAnswer, start: number, end: number): void {
    const handle = NativeAnswer.handleOf(answer);
    if (this.#isOver || handle === undefined) return;
    this.#door.binding.expect(this.#slot, handle, start, end);
  }

  forget(): void {
    if (!this.closed) this.#door.binding.forget(this.#slot);
  }

  passesOn(address: string, port: number): void {
    this.remoteAddress = address;
    this.remotePort = port;
  }

  end(): void {
    if (this.#isOver) return;
    this.#state |= ENDED;
    this.#door.binding.end(this.#slot);
  }

  close(): void {
    if (this.closed) return;
    this.#door.binding.closeConnection(this.#slot);
    this.#keepFigures();
  }

  /** What happened to the connection, as the engine says; a and b as in its table. */
  tell(kind: number, slab: Buffer, a: number, b: number): void {
    if (this.closed) return;
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
    if ((this.#state & TOLD) !== 0) return;
    this.#state |= TOLD;
    if (!this.closed) this.#keepFigures();
    this.handler.onClose(CLOSE_REASONS[reason] ?? 'error');
  }

  get #isOver(): boolean {
    return (this.#state & OVER) !== 0;
  }

  #tellCursor(kind: number): void {
    if (kind === EVENT.LATE) {
      this.handler.onCursorLate?.();
    } else {
      this.handler.onCursorLimit?.();
    }
  }

  #field(field: number): number {
    return this.#door.memory.rows[this.#slot * ROW_FIELDS + field] ?? 0;
  }

  #keepFigures(): void {
    this.#last = {
      bytesSent: this.#field(ROW.SENT),
      bytesReceived: this.#field(ROW.RECEIVED),
      cursorTimestampMs: this.#field(ROW.TIMESTAMP),
    };
    this.#state |= CLOSED;
  }
}
