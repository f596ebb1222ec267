import { Session, type Profiler } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerError } from '../errors.ts';

const MAX_SECONDS = 60;
const DEFAULT_SECONDS = 10;
const SAMPLE_MICROSECONDS = 500;

/** Takes CPU profiles of this process's loop, one at a time. */
export class CpuProfiler {
  private isBusy = false;

  /**
   * Samples for `text` seconds, 10 by default, and returns what Chromium's tools read as
   * a .cpuprofile. Throws PROFILE_INVALID for another number, PROFILE_BUSY meanwhile.
   */
  async profile(text: string | undefined): Promise<Profiler.Profile> {
    const seconds = text === undefined ? DEFAULT_SECONDS : Number(text);
    if (!(seconds > 0 && seconds <= MAX_SECONDS)) throw new WorkerError('PROFILE_INVALID');
    if (this.isBusy) throw new WorkerError('PROFILE_BUSY');
    this.isBusy = true;
    try {
      return await taken(seconds);
    } finally {
      this.isBusy = false;
    }
  }
}

async function taken(seconds: number): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  try {
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
    session.post('Profiler.start');
    // A worker that is drained meanwhile need not stay for it.
    await sleep(seconds * 1_000, undefined, { ref: false });
    return await new Promise((resolve, reject) => {
      session.post('Profiler.stop', (error, answer) => {
        if (error === null) resolve(answer.profile);
        else reject(error);
      });
    });
  } finally {
    session.disconnect();
  }
}
