import fs from 'node:fs';
import path from 'node:path';

/**
 * The wall clock of one process, by libfaketime: it can be set while the process
 * runs. Monotonic time stays what it is, as on a machine whose clock is set.
 */
export class FakedClock {
  private readonly file: string;

  constructor(folder: string, party: string) {
    this.file = path.join(folder, `clock-${party}`);
    this.set(0);
  }

  /** Variables that the process starts with. */
  get env(): NodeJS.ProcessEnv {
    return {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    };
  }

  set(offsetSeconds: number): void {
    fs.writeFileSync(`${this.file}.next`, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
    fs.renameSync(`${this.file}.next`, this.file);
  }
}

function library(): string {
  const [found] = fs.globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (found === undefined) throw new Error('libfaketime is missing: install it');
  return found;
}
