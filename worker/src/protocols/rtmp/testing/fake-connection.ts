import type { Connection, ConnectionHandler } from '../../../engine/engine.ts';

const NOBODY: ConnectionHandler = { onData: () => undefined, onClose: () => undefined };

/** A connection in memory: what was written goes to `onWrite`. */
export class FakeConnection implements Connection {
  readonly id = 1;
  remoteAddress = '127.0.0.1';
  readonly remotePort = 50_000;
  readonly localPort = 1935;
  readonly bytesSent = 0;
  bytesReceived = 0;
  readonly queuedBytes = 0;
  readonly cursorPosition = -1;
  readonly cursorTimestampMs = 0;
  readonly isEncrypted = false;
  closed = false;
  isEnding = false;
  isPaused = false;
  isCoalescing = false;
  handler = NOBODY;
  onWrite: (bytes: Buffer) => void = () => undefined;

  passesOn(address: string): void {
    this.remoteAddress = address;
  }

  write(bytes: Uint8Array): void {
    if (!this.closed && !this.isEnding) this.onWrite(Buffer.from(bytes));
  }

  coalesceReads(on: boolean): void {
    this.isCoalescing = on;
  }

  pauseReads(on: boolean): void {
    this.isPaused = on;
  }

  end(): void {
    this.isEnding = true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.handler.onClose('local');
  }

  /** Nothing of RTMP's own uses cursors and spans; streams do. */
  writeSpan(): void {
    throw new Error('not here');
  }

  askDrain(): void {
    throw new Error('not here');
  }

  attachCursor(): void {
    throw new Error('not here');
  }

  moveCursor(): void {
    throw new Error('not here');
  }

  limitCursor(): void {
    throw new Error('not here');
  }

  detachCursor(): void {
    throw new Error('not here');
  }

  socketMemory(): undefined {
    // There is no socket.
  }

  expect(): void {
    throw new Error('not here');
  }

  forget(): void {
    throw new Error('not here');
  }

  discardInput(): void {
    throw new Error('not here');
  }
}
