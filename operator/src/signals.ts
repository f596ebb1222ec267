const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const EXIT_INTERRUPTED = 130;

/** Something that runs until it is told to stop. */
export interface Stoppable {
  /** In order. */
  stop(): Promise<void>;
  /** At once, nothing is waited for. */
  kill(): void;
}

export interface EndOptions {
  readonly onStop: () => void;
  /** Says why, and ends the process. */
  readonly fail: (error: unknown) => never;
}

/** A signal stops it in order, a second one at once, as does a fault of ours. */
export function endWith(running: Stoppable, { onStop, fail }: EndOptions): void {
  let isStopping = false;
  const onSignal = (): void => {
    if (isStopping) {
      running.kill();
      process.exit(EXIT_INTERRUPTED);
    }
    isStopping = true;
    onStop();
    running.stop().then(() => process.exit(0), fail);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const onFault = (error: unknown): void => {
    running.kill();
    fail(error);
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
}
