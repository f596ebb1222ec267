import { CountingHttpViewer, type HttpTarget } from './viewer.ts';

const STEP_MS = 100;

/** Viewers who read less than what is sent to them. */
export class SlowReaders {
  private readonly viewers: CountingHttpViewer[];
  private readonly bytesPerSecond: number;
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(count: number, target: HttpTarget, bytesPerSecond: number) {
    this.viewers = Array.from({ length: count }, () => new CountingHttpViewer(target));
    this.bytesPerSecond = bytesPerSecond;
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  /** Those whom the server has closed. */
  get closed(): number {
    return this.viewers.filter(({ isClosed }) => isClosed).length;
  }

  leave(): void {
    clearInterval(this.timer);
    for (const { connection } of this.viewers) connection.close();
  }

  /** Whoever has had more than its share reads no further for now. */
  private step(): void {
    const share = ((performance.now() - this.startedMs) / 1000) * this.bytesPerSecond;
    for (const { connection } of this.viewers) {
      connection.pauseReads(connection.bytesReceived > share);
    }
  }
}
