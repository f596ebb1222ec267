import type { Io } from '../io.ts';

/** What was written, as text; time passes only while someone sleeps. */
export class MemoryIo implements Io {
  readonly hasColours: boolean;
  readonly chunks: Uint8Array[] = [];
  errors = '';
  nowMs = Date.parse('2026-11-25T12:00:00Z');
  /** Called whenever someone sleeps. */
  onSleep: () => void = () => undefined;

  constructor(hasColours = false) {
    this.hasColours = hasColours;
  }

  out(text: string | Uint8Array): void {
    this.chunks.push(typeof text === 'string' ? Buffer.from(text) : text);
  }

  err(text: string): void {
    this.errors += text;
  }

  unixMs(): number {
    return this.nowMs;
  }

  sleep(ms: number): Promise<void> {
    this.nowMs += ms;
    this.onSleep();
    return Promise.resolve();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }
}
