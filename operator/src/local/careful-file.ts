import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';

/** A small file that is written whole, or stays as it was. */
export class CarefulFile {
  private readonly file: string;
  private readonly log: Logger;
  private isWritable = true;

  constructor(file: string, log: Logger) {
    this.file = file;
    this.log = log;
  }

  /** A full disk ends nothing: it is said once, until there is room again. */
  write(text: string): void {
    try {
      this.writeOrThrow(text);
      this.isWritable = true;
    } catch (error) {
      if (this.isWritable) this.log.warn({ err: error, file: this.file }, 'file not written');
      this.isWritable = false;
    }
  }

  writeOrThrow(text: string): void {
    mkdirSync(path.dirname(this.file), { recursive: true });
    const next = `${this.file}.next`;
    writeFileSync(next, text);
    renameSync(next, this.file);
  }
}
