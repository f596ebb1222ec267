import type { CountingViewer } from './viewer.ts';
import { patiently, sleep } from './wait.ts';

/** A listener's backlog is finite, and a worker paces what it accepts. */
const BATCH = 50;
const BATCH_PAUSE_MS = 20;
const JOIN_MS = 30_000;

/** Many viewers who only count. */
export class Audience {
  readonly viewers: CountingViewer[] = [];
  private readonly open: (number: number) => CountingViewer;

  constructor(open: (number: number) => CountingViewer) {
    this.open = open;
  }

  /** Lets so many more come; resolves when each is answered. Rejects when one is
   * not served. */
  async join(count: number): Promise<void> {
    const wanted = this.viewers.length + count;
    while (this.viewers.length < wanted) {
      for (let i = 0; i < BATCH && this.viewers.length < wanted; i++) this.joinOne();
      await sleep(BATCH_PAUSE_MS);
    }
    await this.answered();
    const refused = this.viewers.find((viewer) => !isServed(viewer));
    if (refused !== undefined) throw new Error(`a viewer was answered ${refused.status}`);
  }

  /** Resolves when each has an answer, whatever it is. */
  async answered(): Promise<void> {
    await patiently('all viewers are answered', JOIN_MS, () =>
      this.viewers.every((viewer) => viewer.status !== 0 || viewer.isClosed),
    );
  }

  /** Those who have been refused leave the audience. */
  takeRefused(): CountingViewer[] {
    const refused = this.viewers.filter(({ status }) => status >= 400);
    if (refused.length === 0) return refused;
    const staying = this.viewers.filter(({ status }) => status < 400);
    this.viewers.splice(0, Infinity, ...staying);
    for (const { connection } of refused) connection.close();
    return refused;
  }

  joinOne(): CountingViewer {
    const viewer = this.open(this.viewers.length);
    this.viewers.push(viewer);
    return viewer;
  }

  bytes(): number {
    let sum = 0;
    for (const { connection } of this.viewers) sum += connection.bytesReceived;
    return sum;
  }

  /** Of each viewer so far. */
  totals(): number[] {
    return this.viewers.map(({ connection }) => connection.bytesReceived);
  }

  get closed(): number {
    return this.viewers.filter(({ isClosed }) => isClosed).length;
  }

  leave(): void {
    for (const { connection } of this.viewers) connection.close();
  }
}

function isServed({ status, isClosed }: CountingViewer): boolean {
  return !isClosed && (status === 200 || status === 101);
}
