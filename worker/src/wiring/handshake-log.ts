import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.ts';
import type { Clock, Timer } from '../stream/clock.ts';

export interface HandshakeLogOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: { count(reason: string): void };
}

const LOOK_MS = 1_000;
const CODE = 'TLS_HANDSHAKE_FAILED';

/** Tells of TLS handshakes that failed: whoever scans ports must not fill the log. */
export class HandshakeLog {
  private readonly options: HandshakeLogOptions;
  private failuresTotal = 0;
  private timer: Timer | undefined = undefined;

  constructor(options: HandshakeLogOptions) {
    this.options = options;
    this.schedule();
  }

  close(): void {
    this.timer?.clear();
  }

  private schedule(): void {
    this.timer = this.options.clock.setTimer(LOOK_MS, () => {
      this.look();
      this.schedule();
    });
  }

  private look(): void {
    const { engine, log, counters } = this.options;
    const { tlsFailuresTotal } = engine.stats();
    const failures = tlsFailuresTotal - this.failuresTotal;
    if (failures === 0) return;
    this.failuresTotal = tlsFailuresTotal;
    for (let i = 0; i < failures; i += 1) counters.count(CODE);
    log.warn({ code: CODE, failures, last: engine.tlsFailure }, 'TLS handshakes failed');
  }
}
