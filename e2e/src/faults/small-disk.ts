import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const PIECE_BYTES = 64 * 1024;

/** A disk of its own for one folder, in memory, small enough to be filled. Takes root. */
export class SmallDisk {
  readonly folder: string;

  constructor(folder: string, sizeMib: number) {
    this.folder = folder;
    fs.mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'scf', folder]);
  }

  /** Until not one byte more goes in. */
  fill(): void {
    const file = fs.openSync(this.filler, 'a');
    try {
      for (let bytes = PIECE_BYTES; bytes >= 1; bytes = Math.floor(bytes / 2)) {
        const piece = Buffer.alloc(bytes);
        while (isWritten(file, piece));
      }
    } finally {
      fs.closeSync(file);
    }
  }

  makeRoom(): void {
    fs.rmSync(this.filler, { force: true });
  }

  close(): void {
    execFileSync('umount', ['-l', this.folder]);
  }

  private get filler(): string {
    return path.join(this.folder, 'filler');
  }
}

function isWritten(file: number, piece: Buffer): boolean {
  try {
    return fs.writeSync(file, piece) === piece.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
