import type { Writable } from 'node:stream';

/** Lines that nobody reads now are kept up to this. */
const MAX_PENDING_BYTES = 1024 * 1024;

/**
 * Where log lines go: standard output, which somebody else reads. One that hangs must
 * not fill our memory, and one that is gone must not keep us from ending (pino's own
 * destination writes at the exit until it succeeds).
 */
export class LogOutput {
  private readonly stream: Writable;
  private dropped = 0;

  constructor(stream: Writable) {
    this.stream = stream;
    // The reader is gone: lines have nowhere to go.
    stream.on('error', () => undefined);
  }

  write(line: string): void {
    if (this.stream.writableLength > MAX_PENDING_BYTES) {
      this.dropped += 1;
      return;
    }
    if (this.dropped > 0) this.sayDropped();
    this.stream.write(line);
  }

  private sayDropped(): void {
    const fields = { level: 40, time: Date.now(), lines: this.dropped };
    this.dropped = 0;
    this.stream.write(`${JSON.stringify({ ...fields, msg: 'log lines dropped: unread' })}\n`);
  }
}
