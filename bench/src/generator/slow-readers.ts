import { createEngine, DEFAULT_ENGINE_OPTIONS, type Engine } from '@streamcluster/worker';
import { CountingHttpViewer, type HttpTarget } from './viewer.ts';

const STEP_MS = 100;
/** With large ones it would take minutes until the server notices. */
const RECEIVE_BUFFER_BYTES = 32 * 1024;

/** Viewers who read less than what is sent to them. */
export class SlowReaders {
  /** Of its own, for its small buffers. */
  private readonly engine: Engine;
  private readonly viewers: CountingHttpViewer[];
  private readonly bytesPerSecond: number;
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(count: number, target: Omit<HttpTarget, 'engine'>, bytesPerSecond: number) {
    this.engine = createEngine({
      ...DEFAULT_ENGINE_OPTIONS,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
    });
    const { engine } = this;
    this.viewers = Array.from(
      { length: count },
      () => new CountingHttpViewer({ ...target, engine }),
    );
    this.bytesPerSecond = bytesPerSecond;
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  /** Those whom the server has closed. */
  get closed(): number {
    return this.viewers.filter(({ isClosed }) => isClosed).length;
  }

  leave(): void {
    clearInterval(this.timer);
    this.engine.close();
  }

  /** Whoever has had more than its share reads no further for now. */
  private step(): void {
    const share = ((performance.now() - this.startedMs) / 1000) * this.bytesPerSecond;
    for (const { connection } of this.viewers) {
      connection.pauseReads(connection.bytesReceived > share);
    }
  }
}
