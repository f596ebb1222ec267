import fs from 'node:fs';
import { eventuallyTrue } from '../src/harness/eventually.ts';
import { isSame, processOf, type ProcessId } from './process-id.ts';

const PATIENCE_MS = 1_800_000;

/** A lock among processes of this machine; it ends with the process that has it. */
export class FileLock {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Waits for its turn; `onWait` is called if it is not at once. */
  async acquire(onWait: () => void): Promise<void> {
    if (this.holder()?.pid === process.pid) throw new Error(`this process has ${this.file}`);
    if (this.tryAcquire()) return;
    onWait();
    await eventuallyTrue(`lock ${this.file}`, PATIENCE_MS, () => this.tryAcquire());
  }

  /** Does nothing if this process does not have it. */
  release(): void {
    if (this.holder()?.pid === process.pid) fs.rmSync(this.file);
  }

  private tryAcquire(): boolean {
    const other = this.holder();
    if (other !== undefined) {
      if (isSame(other)) return false;
      fs.rmSync(this.file, { force: true });
    }
    try {
      fs.writeFileSync(this.file, JSON.stringify(processOf(process.pid)), { flag: 'wx' });
      return true;
    } catch {
      return false;
    }
  }

  private holder(): ProcessId | undefined {
    try {
      return JSON.parse(fs.readFileSync(this.file, 'utf8')) as ProcessId;
    } catch {
      return undefined;
    }
  }
}
