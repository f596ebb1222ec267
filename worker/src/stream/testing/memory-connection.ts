import type {
  CloseReason,
  Connection,
  ConnectionHandler,
  CursorOptions,
  EngineLog,
} from '../../engine/engine.ts';
import { FLV_TAG_OVERHEAD } from '../../formats/flv/writer.ts';
import { flvTagBodyBytes, flvTagTimestampMs } from '../../formats/flv/tag-view.ts';
import { RELAY_LENGTH_BYTES } from '../../formats/relay/record.ts';
import { memoryLog, type MemoryLog } from './memory-log.ts';

export interface Move {
  readonly position: number;
  readonly skippedMs: number;
  readonly prefix: Buffer;
}

let nextId = 1;

/**
 * A connection that records what it is told and given. The test says when, and
 * how much, its peer takes. Timestamps of skips are not patched here.
 */
export class MemoryConnection implements Connection {
  readonly id = nextId++;
  remoteAddress = '127.0.0.1';
  readonly remotePort = 1;
  readonly localPort = 2;
  isEncrypted = false;
  closed = false;
  handler: ConnectionHandler;
  bytesSent = 0;
  bytesReceived = 0;
  queuedBytes = 0;
  cursorPosition = -1;
  cursorTimestampMs = 0;
  limit = Infinity;
  isLate = false;
  log: MemoryLog | undefined = undefined;
  readonly moves: Move[] = [];
  private received: Buffer[] = [];

  constructor(handler: Partial<ConnectionHandler> = {}) {
    this.handler = { onData: () => undefined, onClose: () => undefined, ...handler };
  }

  passesOn(address: string): void {
    this.remoteAddress = address;
  }

  write(bytes: Uint8Array): void {
    this.received.push(Buffer.from(bytes));
    this.bytesSent += bytes.length;
  }

  writeSpan(log: EngineLog, position: number, length: number, head?: Uint8Array): void {
    if (head !== undefined) this.write(head);
    this.write(memoryLog(log).read(position, length));
  }

  askDrain(): void {
    // Nothing is queued.
  }

  attachCursor(log: EngineLog, options: CursorOptions): void {
    this.log = memoryLog(log);
    this.log.cursors += 1;
    this.cursorPosition = options.position;
  }

  moveCursor(position: number, skippedMs: number, prefix?: Uint8Array): void {
    if (!this.isLate) throw new Error('only a late cursor may be moved');
    this.isLate = false;
    this.moves.push({ position, skippedMs, prefix: Buffer.from(prefix ?? []) });
    if (prefix !== undefined) this.write(prefix);
    this.cursorPosition = position;
  }

  limitCursor(position: number): void {
    this.limit = position;
  }

  detachCursor(): void {
    if (this.log !== undefined) this.log.cursors -= 1;
    this.log = undefined;
    this.cursorPosition = -1;
  }

  socketMemory(): undefined {
    // There is no socket.
  }

  coalesceReads(): void {
    // Nothing is read.
  }

  pauseReads(): void {
    // Nothing is read.
  }

  discardInput(): void {
    // Nothing is read.
  }

  expect(): void {
    // Nothing is read.
  }

  forget(): void {
    // Nothing is read.
  }

  end(): void {
    this.closeWith('local');
  }

  close(): void {
    this.closeWith('local');
  }

  closeWith(reason: CloseReason): void {
    if (this.closed) return;
    this.detachCursor();
    this.closed = true;
    this.handler.onClose(reason);
  }

  /** The peer takes whole records while fewer than so many bytes were taken. */
  pump(bytes = Infinity): void {
    let left = bytes;
    while (left > 0 && this.canSend()) left -= this.sendRecord();
    const { log } = this;
    if (log === undefined || this.isLate) return;
    if (this.cursorPosition >= this.limit) this.handler.onCursorLimit?.();
    else if (this.cursorPosition < Math.max(log.lagPosition, log.tail)) {
      this.isLate = true;
      this.handler.onCursorLate?.();
    }
  }

  /** What the peer has got since the last call. */
  take(): Buffer {
    const bytes = Buffer.concat(this.received);
    this.received = [];
    return bytes;
  }

  private canSend(): boolean {
    const { log } = this;
    if (log === undefined || this.isLate || this.cursorPosition < log.tail) return false;
    return this.cursorPosition < Math.min(log.head, this.limit);
  }

  private sendRecord(): number {
    const log = this.log!;
    const extent = log.locate(this.cursorPosition)!;
    const at = this.cursorPosition - extent.start;
    const size = this.recordBytes(extent.buffer, at, extent.used - at);
    this.write(extent.buffer.subarray(at, at + size));
    this.cursorPosition += size;
    return size;
  }

  private recordBytes(buffer: Buffer, at: number, usedBytes: number): number {
    if (this.log!.framing === 'relay') return RELAY_LENGTH_BYTES + buffer.readUInt32BE(at);
    if (this.log!.framing !== 'flv') return usedBytes;
    this.cursorTimestampMs = Math.max(this.cursorTimestampMs, flvTagTimestampMs(buffer, at));
    return FLV_TAG_OVERHEAD + flvTagBodyBytes(buffer, at);
  }
}
