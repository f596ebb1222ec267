/** A timer that was set; clearing one that fired is harmless. */
export interface Timer {
  clear(): void;
}

interface Due {
  readonly dueMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Time of the whole simulation, in whole milliseconds: it jumps to what is due next. */
export class WorldClock {
  private elapsedMs = 0;
  private order = 0;
  /** A binary heap: by time, then by order of setting. */
  private readonly heap: Due[] = [];

  nowMs(): number {
    return this.elapsedMs;
  }

  unixMs(): number {
    return START_UNIX_MS + this.elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const dueMs = Math.ceil(this.elapsedMs + Math.max(0, delayMs));
    this.order += 1;
    const due: Due = { dueMs, order: this.order, callback };
    this.push(due);
    return { clear: () => void (due.callback = undefined) };
  }

  /** Runs what is due until then; promises follow each moment. */
  async runUntil(untilMs: number): Promise<void> {
    for (
      let next = this.heap[0];
      next !== undefined && next.dueMs <= untilMs;
      next = this.heap[0]
    ) {
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      if (this.runMoment()) await settled();
    }
    this.elapsedMs = untilMs;
  }

  /** False: all of it had been cleared. */
  private runMoment(): boolean {
    let hasRun = false;
    for (
      let due = this.heap[0];
      due !== undefined && due.dueMs <= this.elapsedMs;
      due = this.heap[0]
    ) {
      this.pop();
      if (due.callback === undefined) continue;
      hasRun = true;
      due.callback();
    }
    return hasRun;
  }

  private push(due: Due): void {
    const { heap } = this;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up];
      if (above === undefined || !isBefore(due, above)) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = due;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const child = this.earlierChild(at);
      const below = heap[child];
      if (below === undefined || !isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }

  private earlierChild(at: number): number {
    const left = 2 * at + 1;
    const [one, other] = [this.heap[left], this.heap[left + 1]];
    return one !== undefined && other !== undefined && isBefore(other, one) ? left + 1 : left;
  }
}

const START_UNIX_MS = 1_800_000_000_000;

function isBefore(one: Due, other: Due): boolean {
  return one.dueMs === other.dueMs ? one.order < other.order : one.dueMs < other.dueMs;
}

/** Promises that wait for nothing outside have run to their end. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
