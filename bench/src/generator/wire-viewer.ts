import type { CountingViewer } from './viewer.ts';
import type { Dial, Wire, WireHandler } from './wire.ts';

/** Plays over HTTP on any wire and counts what comes out of it. */
export class WireViewer implements CountingViewer, WireHandler {
  isClosed = false;
  status = 0;
  readonly connection: { bytesReceived: number; close(): void };
  private readonly wire: Wire;
  private readonly request: Buffer;

  constructor(dial: Dial, request: Buffer) {
    this.request = request;
    this.connection = { bytesReceived: 0, close: () => this.wire.close() };
    this.wire = dial(this);
  }

  onOpen(): void {
    this.wire.write(this.request);
  }

  onData(buf: Buffer, start: number, end: number): void {
    if (this.status === 0) this.status = Number(buf.toString('latin1', start + 9, start + 12));
    this.connection.bytesReceived += end - start;
  }

  onClose(): void {
    this.isClosed = true;
  }
}
