import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs';
import path from 'node:path';

const MAX_FILE_BYTES = 20 * 1024 * 1024;
/** A disk that cannot follow loses lines rather than fill our memory. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** A file of lines; the one before it is kept as `.1`. */
export class LogFile {
  linesDropped = 0;
  private readonly file: string;
  private stream: WriteStream;
  private writtenBytes = 0;

  constructor(file: string) {
    this.file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    this.stream = this.open();
  }

  write(line: string): void {
    if (this.stream.writableLength > MAX_PENDING_BYTES) {
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
    const stream = createWriteStream(this.file);
    // A full disk must not end the operator.
    stream.on('error', () => {
      this.linesDropped += 1;
    });
    return stream;
  }
}
