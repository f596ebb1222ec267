/** So many at a time; so many more may wait. */
export class Slots {
  private readonly maxWaiting: number;
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(count: number, maxWaiting: number) {
    this.free = count;
    this.maxWaiting = maxWaiting;
  }

  /** Undefined: too many wait. Who got one gives it back. */
  take(): Promise<void> | undefined {
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve();
    }
    if (this.waiting.length >= this.maxWaiting) return undefined;
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  give(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}
