import { setTimeout as sleep } from 'node:timers/promises';

/** All that the plugin knows of the terminal and of time. */
export interface Io {
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Someone looks at `out`: colours are welcome. */
  readonly hasColours: boolean;
  unixMs(): number;
  sleep(ms: number): Promise<void>;
}

export function processIo(): Io {
  // `kubectl streamcluster streams | head` is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  const { NO_COLOR, TERM } = process.env;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    hasColours: process.stdout.isTTY && !NO_COLOR && TERM !== 'dumb',
    unixMs: () => Date.now(),
    sleep: async (ms) => {
      await sleep(ms);
    },
  };
}
