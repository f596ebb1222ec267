import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs';
import path from 'node:path';

const MAX_FILE_BYTES = 20 * 1024 * 1024;
/** A disk that cannot follow loses lines rather than fill our memory. */
const MAX_PENDING_BYTES = 1024 * 1024;
/** A stream that met a full disk takes nothing more: another one is tried. */
const REOPEN_MS = 5_000;

/** A file of lines; the one before it is kept as `.1`. */
export class LogFile {
  linesDropped = 0;
  private readonly file: string;
  private stream: WriteStream;
  private writtenBytes = 0;
  private failedAtMs = -Infinity;

  constructor(file: string) {
    this.file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    this.stream = this.open();
  }

  write(line: string): void {
    if (this.stream.destroyed && performance.now() - this.failedAtMs >= REOPEN_MS) {
      this.stream = this.append();
    }
    if (this.stream.destroyed || this.stream.writableLength > MAX_PENDING_BYTES) {
      this.linesDropped += 1;
      return;
    }
    this.stream.write(`${line}\n`);
    this.writtenBytes += line.length + 1;
    if (this.writtenBytes < MAX_FILE_BYTES) return;
    this.stream.end();
    this.stream = this.open();
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.stream.end(() => resolve()));
  }

  private open(): WriteStream {
    if (existsSync(this.file)) renameSync(this.file, `${this.file}.1`);
    this.writtenBytes = 0;
    return this.append();
  }

  private append(): WriteStream {
    const stream = createWriteStream(this.file, { flags: 'a' });
    // A full disk must not end the operator.
    stream.on('error', () => {
      this.linesDropped += 1;
      this.failedAtMs = performance.now();
    });
    return stream;
  }
}
